// @ts-check
// The desk as one page: it lays out the parts, tells sounds, titles and live regions of what comes in, and moves the focus.

import { request } from '../api.js';
import { clockTime, duration, now, spoken } from '../clock.js';
import { announce, attribute, h, put, say } from '../dom.js';
import { reconcile } from '../list.js';
import { effect, signal } from '../signal.js';
import { blocked, messageSound, offerSound, setAlarm, unlock } from '../sound.js';
import { count, goneBecause } from '../words.js';
import { Actions } from './actions.js';
import { Conversation } from './conversation.js';
import { Details } from './details.js';
import { Drafts } from './drafts.js';
import { Header } from './header.js';
import { bindings, help, listen } from './keys.js';
import { ListPane } from './list-pane.js';
import { Offers, title } from './offers.js';
import { Outbox } from './outbox.js';
import { Reads } from './reads.js';
import { saveSettings, settings } from './settings.js';
import { byNeedOfUs, COLUMNS, Desk, group, inOrder, personName } from './state.js';
import { Writing } from './writing.js';

/** @typedef {import('./state.js').Held} Held */
/** @typedef {{ name: string, script: string[] }} Service */

/** How long a passing notice stays. */
const TOAST_MS = 10_000;
/** From this width on, three conversations and the details fit side by side. */
const ROOMY_PX = 1500;

export class Page {
  desk = new Desk({
    offered: (offer) => this.#offered(offer),
    withdrawn: (offer, why) => this.toast(`${title(offer.contact)}: ${goneBecause(why)}.`),
    written: (held, message) => this.#written(held, message.text),
    warned: (held, message) => this.toast(`${personName(held)}: ${message.text}`),
    gone: (held, why) => {
      if (why === 'closed') this.drafts.drop(held.id);
      this.toast(`${personName(held)}: ${goneBecause(why)}.`);
    },
    endangered: (held) => announce(this.#alert, `Emergency in your conversation with ${personName(held)}: they wrote of danger.`),
    escalated: (contact) => announce(this.#alert, `Emergency that nobody has acknowledged. ${title(contact)}`),
  });
  /** Display names by number. */
  reps = signal(/** @type {Map<number, string>} */ (new Map()));
  services = signal(/** @type {Map<string, Service>} */ (new Map()));
  /** Tags of the languages in use here. */
  languages = signal(/** @type {string[]} */ ([]));
  draftsChanged = signal(0);
  /** The browser lets this page make no sound until someone has touched it. */
  #silent = signal(blocked());
  /** Emergencies whose alarm was silenced here. */
  #silenced = signal(/** @type {Set<string>} */ (new Set()));
  #alert = h('div', { class: 'visually-hidden', role: 'alert', 'aria-atomic': 'true' });
  #polite = h('div', { class: 'visually-hidden', role: 'status', 'aria-atomic': 'true' });
  #toasts = h('div', { class: 'toasts', role: 'status' });
  #stale = h('div', { class: 'stale', role: 'status', hidden: true });
  #nudge = h('div', { class: 'nudge', role: 'status' });
  #panes = h('main', { class: 'panes', id: 'conversations', tabindex: -1, 'aria-label': 'Conversations' });
  /** @type {Map<number, Conversation>} */ #open = new Map();
  /** @type {import('../live.js').LinkState} */ #link = { kind: 'opening' };

  /** @param {number} rep @param {{ programme: string, display: string, supervisor: boolean }} who @param {{ retry: () => void }} line */
  constructor(rep, who, line) {
    this.rep = rep;
    this.who = who;
    this.line = line;
    this.drafts = new Drafts(rep);
    this.writing = new Writing(rep);
    this.reads = new Reads(rep, (id) => this.desk.contacts.peek().has(id));
    this.outbox = new Outbox(rep, (contact, message) => this.desk.said(contact, message));
    this.actions = new Actions(this);
    this.header = new Header(this, who);
    this.offers = new Offers(this.desk, { accepted: (id, typed) => this.openContact(id, typed), typed: () => this.writing.typed, silence: () => this.#silence() });
    this.list = new ListPane(this.desk, { unread: (held) => this.reads.unread(held), hasDraft: (id) => this.hasDraft(id), open: (id) => this.openContact(id) });
    this.details = new Details(this);
    this.keys = bindings(this);
    this.desk.setColumns(settings.columns.peek());
    this.element = h('div', { class: 'page' }, h('a', { class: 'skip', href: '#conversations' }, 'To the conversations'),
      this.header.element, this.#stale, this.#nudge, this.offers.element, h('div', { class: 'work' }, this.list.element, this.#panes, this.details.element),
      this.#toasts, this.#alert, this.#polite);
    this.#watch();
  }

  #watch() {
    effect(() => this.#showPanes());
    effect(() => { if (this.desk.ready.get()) this.#takeUp(); });
    effect(() => this.#showTitle());
    effect(() => this.#showNudge());
    effect(() => {
      const silenced = this.#silenced.get();
      const ringing = this.#emergencies().some((key) => !silenced.has(key));
      setAlarm(ringing);
      attribute(this.element, 'data-ringing', ringing);
    });
    effect(() => attribute(this.element, 'data-details', settings.details.get() ? 'on' : 'off'));
    document.addEventListener('visibilitychange', () => this.desk.contacts.touch());
    for (const kind of ['pointerdown', 'keydown']) addEventListener(kind, () => { unlock(); this.#silent.set(false); }, { passive: true });
    listen(this.keys, this.writing);
    setInterval(() => this.#showStale(), 500);
    void this.#learn();
  }

  /** Names and scripts. They change rarely, so they are read once. */
  async #learn() {
    try {
      const reps = /** @type {import('../../protocol.d.ts').Rep[]} */ (await request('GET', '/reps'));
      this.reps.set(new Map(reps.map((rep) => [rep.rep, rep.display || rep.name])));
      this.services.set(services(await request('GET', '/catalogue')));
      this.languages.set(await request('GET', '/languages'));
    } catch { /* names stay numbers and scripts stay away until the next load of the page */ }
  }

  /** @param {import('../live.js').LinkState} link */
  linked(link) {
    const was = this.#link.kind;
    this.#link = link;
    this.header.line(link);
    attribute(this.element, 'data-link', link.kind);
    if (link.kind === 'live' && was !== 'live') void this.outbox.resend();
    if (link.kind === 'live' && was === 'cut') void this.desk.resumed();
    if (link.kind === 'over') this.signedOut();
    this.#showStale();
  }

  signedOut() {
    location.reload();
  }

  // what comes in

  /** @param {import('./state.js').Offer} offer */
  #offered(offer) {
    const emergency = offer.contact.urgency === 'emergency';
    const time = offer.expires_at === null ? 'It stands until someone takes it.' : `${spoken(offer.expires_at - now())} to answer.`;
    announce(this.#alert, `${emergency ? 'Emergency offered' : 'Offer'}: ${title(offer.contact)}. ${offer.reason.sentence} ${time} Alt A accepts.`);
    if (!emergency && settings.sound.peek()) offerSound();
  }

  /** @param {Held} held @param {string} text */
  #written(held, text) {
    const shown = this.desk.panes.peek().includes(held.id) && !document.hidden;
    if (!shown) announce(this.#polite, `New message from ${personName(held)}: ${text.slice(0, 200)}`);
    if (settings.sound.peek() && (!shown || this.desk.panes.peek()[this.desk.focus.peek()] !== held.id)) messageSound();
  }

  #emergencies() {
    const offered = inOrder(this.desk.offers.get()).filter((offer) => offer.contact.urgency === 'emergency').map((offer) => `o${offer.id}`);
    const mine = [...this.desk.contacts.get().values()].filter((held) => held.alarm).map((held) => `h${held.id}`);
    return [...offered, ...mine, ...[...this.desk.alarms.get().keys()].map((id) => `c${id}`)];
  }

  #showTitle() {
    const emergencies = this.#emergencies().length;
    const offers = this.desk.offers.get().size;
    const replies = [...this.desk.contacts.get().values()].filter((held) => group(held) === 'reply').length;
    const lead = emergencies > 0 ? '⚠ EMERGENCY' : offers > 0 ? `● ${count(offers, 'offer')}` : replies > 0 ? `(${replies})` : '';
    document.title = `${lead} Desk · ${this.who.programme}`.trim();
  }

  #showStale() {
    const link = this.#link;
    const old = link.kind === 'cut' && Date.now() - link.since > 1_500;
    attribute(this.#stale, 'hidden', !old);
    attribute(this.element, 'data-stale', old);
    if (!old || link.kind !== 'cut') return;
    if (this.#stale.childElementCount === 0) {
      put(this.#stale, h('p', null, h('b', null, 'Connection lost. '), 'What you see is from ', h('span', { class: 'stale-since' }), '. ', h('span', { 'aria-live': 'off', class: 'stale-next' }), ' What you write is kept and goes out when it is back.'),
        h('button', { type: 'button', onclick: () => this.line.retry() }, 'Try now'));
    }
    say(/** @type {Element} */ (this.#stale.querySelector('.stale-since')), clockTime(link.since * 1000));
    say(/** @type {Element} */ (this.#stale.querySelector('.stale-next')), link.retryAt === 0 ? 'Trying…' : `Next try in ${duration((link.retryAt - Date.now()) * 1000 + 999_999)}.`);
  }

  /** What keeps work from reaching this rep: the router made them away, or the browser is still silent. */
  #showNudge() {
    const me = this.desk.me.get();
    const reason = me?.presence.presence === 'away' ? me.presence.reason : undefined;
    const text = reason === 'missed' ? 'You are away because an offer ran out unanswered. No new contacts come to you.'
      : reason === 'disconnected' ? 'You are away because the connection was lost. No new contacts come to you.' : '';
    const held = this.writing.held.get() ? 'The box you were writing in is gone; what stood in it is kept. Letters do nothing now: press Esc, or click where you want to go on.' : '';
    const silent = this.#silent.get() ? 'Offers cannot sound yet: press any key, or click anywhere.' : '';
    if (this.#nudge.dataset.is === held + text + silent) return;
    this.#nudge.dataset.is = held + text + silent;
    put(this.#nudge, held && h('p', { class: 'held' }, held), silent && h('p', null, silent), text && h('p', null, text),
      text && h('button', { type: 'button', class: 'primary', onclick: () => this.header.toggle() }, 'I am ready', h('kbd', null, 'Y')));
  }

  /** @param {string} text */
  toast(text) {
    const node = h('p', { class: 'toast' }, text.charAt(0).toUpperCase() + text.slice(1));
    this.#toasts.append(node);
    setTimeout(() => node.remove(), TOAST_MS);
  }

  // the conversations

  #showPanes() {
    const contacts = this.desk.contacts.get();
    const panes = this.desk.panes.get();
    const focus = this.desk.focus.get();
    this.outbox.items.get();
    this.reps.get();
    for (const id of [...this.#open.keys()]) if (!contacts.has(id)) this.#forget(id);
    this.#panes.style.setProperty('--columns', String(panes.length));
    const shown = panes.map((id, at) => ({ id: id ?? -1 - at, held: id === null ? undefined : contacts.get(id), at }));
    reconcile(this.#panes, shown, (pane) => pane.id, (pane) => this.#pane(pane.held), (node, pane) => {
      attribute(node, 'data-focus', pane.at === focus && panes.length > 1);
      if (!pane.held) return;
      this.#conversation(pane.held).update(pane.held);
      if (!document.hidden) this.reads.seen(pane.held);
    });
    if (this.desk.ready.get()) this.#prune(new Set(contacts.keys()));
  }

  /** @param {Held | undefined} held */
  #pane(held) {
    if (held) return this.#conversation(held).element;
    return h('section', { class: 'conversation nobody', 'aria-label': 'Empty column' }, h('p', { class: 'empty' }, 'No conversation open.'));
  }

  /** @param {Held} held */
  #conversation(held) {
    let conversation = this.#open.get(held.id);
    if (!conversation) {
      conversation = new Conversation(held, this);
      conversation.element.addEventListener('focusin', () => {
        const at = this.desk.panes.peek().indexOf(held.id);
        if (at >= 0) this.desk.focus.set(at);
      });
      conversation.element.addEventListener('pointerdown', () => {
        const at = this.desk.panes.peek().indexOf(held.id);
        if (at >= 0) this.desk.focus.set(at);
      });
      this.#open.set(held.id, conversation);
      const { thread } = conversation;
      requestAnimationFrame(() => thread.toEnd());
    }
    return conversation;
  }

  /** @param {number} id */
  #forget(id) {
    const held = this.#open.get(id)?.element.contains(document.activeElement);
    this.#open.delete(id);
    if (held) queueMicrotask(() => this.#panes.focus());
  }

  /** @param {Set<number>} open */
  #prune(open) {
    this.drafts.keepOnly(open);
    this.reads.keepOnly(open);
  }

  /** @param {number} id */
  hasDraft(id) {
    this.draftsChanged.get();
    return this.#open.get(id)?.composer.hasDraft ?? this.drafts.get(id) !== null;
  }

  /** @param {number} id @param {string} text */
  fail(id, text) {
    const conversation = this.#open.get(id);
    if (conversation) conversation.fail(text);
    else if (text !== '') this.toast(text);
  }

  // moving about

  /** Go on writing where this tab was writing before it was loaded again. */
  #takeUp() {
    this.writing.filled();
    const caret = this.writing.remembered();
    if (!caret) return;
    if (this.desk.contacts.peek().has(caret.contact)) this.desk.open(caret.contact);
    queueMicrotask(() => {
      const composer = this.#open.get(caret.contact)?.composer;
      if (composer) composer.focusAt(caret);
      else this.#panes.focus();
    });
  }

  /**
   * Open a contact and write to them; not from under the hands of a rep who has gone on writing elsewhere.
   * @param {number} id @param {number} [typed] how much was typed when it was asked for
   */
  openContact(id, typed = this.writing.typed) {
    const held = this.desk.contacts.peek().get(id);
    if (typed !== this.writing.typed && held) return this.toast(`${personName(held)} is in your list now.`);
    this.desk.open(id);
    queueMicrotask(() => this.focusOn(id));
  }

  /** @param {number} id */
  focusOn(id) {
    const conversation = this.#open.get(id);
    conversation?.thread.toEnd();
    conversation?.focus();
    if (conversation && matchMedia('(max-width: 52rem)').matches) conversation.element.scrollIntoView();
  }

  focusCurrent() {
    queueMicrotask(() => {
      const id = this.desk.panes.peek()[this.desk.focus.peek()];
      if (id !== null && id !== undefined && this.#open.has(id)) this.focusOn(id);
      else this.#panes.focus();
    });
  }

  /** @param {number} id @param {'reply' | 'note'} mode */
  write(id, mode) {
    const conversation = this.#open.get(id);
    conversation?.composer.mode(mode);
    conversation?.composer.focus();
  }

  /** @param {number} by */
  step(by) {
    const order = byNeedOfUs(this.desk.contacts.peek());
    if (order.length === 0) return;
    const here = order.findIndex((held) => held.id === this.desk.panes.peek()[this.desk.focus.peek()]);
    const next = order[(here + by + order.length) % order.length];
    const writing = document.activeElement instanceof HTMLTextAreaElement;
    this.desk.open(next.id);
    queueMicrotask(() => (writing ? this.focusOn(next.id) : this.#open.get(next.id)?.name.focus()));
  }

  /** @param {number} by */
  column(by) {
    const panes = this.desk.panes.peek();
    this.desk.focus.set((this.desk.focus.peek() + by + panes.length) % panes.length);
    this.focusCurrent();
  }

  /** @param {number} columns */
  setColumns(columns) {
    settings.columns.set(columns);
    if (columns === COLUMNS && innerWidth < ROOMY_PX) settings.details.set(false); // key I brings them back
    saveSettings();
    this.desk.setColumns(columns);
  }

  toList() {
    const current = this.list.element.querySelector('[aria-current=true]') ?? this.list.element.querySelector('.row');
    if (current instanceof HTMLElement) current.focus();
  }

  toDetails() {
    const on = settings.details.peek() && this.details.element.contains(document.activeElement);
    settings.details.set(!on);
    saveSettings();
    if (on) this.focusCurrent();
    else queueMicrotask(() => this.details.element.focus());
  }

  mute() {
    if (!this.#silence()) this.toggleSound();
  }

  /** Stop the alarm of what is there now; the next emergency sounds again. */
  #silence() {
    const ringing = this.#emergencies().filter((key) => !this.#silenced.peek().has(key));
    if (ringing.length > 0) this.#silenced.set(new Set([...this.#silenced.peek(), ...ringing]));
    return ringing.length > 0;
  }

  toggleSound() {
    settings.sound.set(!settings.sound.peek());
    saveSettings();
    if (settings.sound.peek()) offerSound();
  }

  help() {
    void help(this.keys);
  }

  /** @param {number | null | undefined} rep */
  repName(rep) {
    return (typeof rep === 'number' && this.reps.peek().get(rep)) || 'A colleague';
  }
}

/** The part of the catalogue that the desk shows; the script a sentence a line. @param {import('../../protocol.d.ts').Service[]} list @returns {Map<string, Service>} */
function services(list) {
  return new Map(list.map((service) => [service.code, {
    name: service.names.en ?? service.code,
    script: service.script.split(/(?<=[.!?])\s+/).filter((line) => line !== ''),
  }]));
}
