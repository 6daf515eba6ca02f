// @ts-check
// `<held-mail>`: mail that nobody has yet, for supervisors to decide on, and what could not be delivered. A list on the left, what is
// open on the right, and a letter for everything.

import { request, sentence, session } from './api.js';
import { dialogOpen } from './choose.js';
import { clockTime, heardAt, timer } from './clock.js';
import { announce, attribute, h, isEditable, put, say } from './dom.js';
import { MailPane } from './held/mail.js';
import { TroublePane } from './held/trouble.js';
import { icon } from './icons.js';
import { reconcile } from './list.js';
import { Live } from './live.js';
import { trustMark } from './mail.js';
import { count } from './words.js';

/** @typedef {import('../protocol.d.ts').Held} Held */
/** @typedef {import('../protocol.d.ts').Troubled} Troubled */
/** @typedef {import('../protocol.d.ts').Board} Board */
/** @typedef {{ key: string, held: Held } | { key: string, trouble: Troubled }} Item */

/** Listed at first, and with each press. */
const PAGE = 100;

class HeldPage extends HTMLElement {
  #line = h('span', { class: 'line', role: 'status' });
  #stale = h('div', { class: 'stale', role: 'status', hidden: true });
  #polite = h('div', { class: 'visually-hidden', role: 'status', 'aria-atomic': 'true' });
  #problem = h('p', { class: 'problem', role: 'alert', hidden: true });
  #desk = h('a', { class: 'button bar-button', href: '/desk', hidden: true }, 'Desk');
  #held = part('held', 'To decide on', 'Nothing is held. Mail that nobody can be given safely waits here.');
  #trouble = part('trouble', 'Not delivered', 'Nothing waits to be dealt with.');
  #pane = h('div', { class: 'pane', id: 'open' });
  #mail = new MailPane({ decided: (ids, words) => this.#done(ids.map((id) => `h${id}`), words), sameSender: (mail) => this.#sameSender(mail) });
  #undelivered = new TroublePane({ settled: (id, words) => this.#done([`t${id}`], words) });
  /** @type {Item[]} */ #items = [];
  /** @type {string | null} */ #open = null;
  #marks = '';
  #total = { held: 0, troubled: 0 };
  /** So many are listed. */
  #most = { held: PAGE, troubled: PAGE };

  connectedCallback() {
    const live = new Live((frame) => {
      if (frame.type === 'snapshot') this.#undelivered.me = frame.me.id;
      if (frame.type === 'snapshot') this.#desk.hidden = frame.me.role !== 'supervisor'; // only who handles contacts has a desk
      if ((frame.type === 'snapshot' || frame.type === 'board') && frame.board) this.#hear(frame.board);
    }, (link) => this.#linked(link, () => live.retryNow()));
    session.ended = () => live.end();
    this.#build();
    document.addEventListener('keydown', (event) => this.#key(event));
    void this.#load();
    live.start();
  }

  #build() {
    const { programme = '', display = '' } = this.dataset;
    put(this, h('a', { class: 'skip', href: '#open' }, 'To what is open'),
      h('header', { class: 'bar' }, h('h1', { class: 'brand' }, h('img', { src: '/assets/icon.svg', alt: '', width: 22, height: 22 }), programme, h('span', { class: 'visually-hidden' }, ', mail to decide on')),
        this.#line, h('span', { class: 'spring' }), h('a', { class: 'button bar-button', href: '/board' }, 'Board'), this.#desk,
        h('button', { type: 'button', class: 'bar-button', onclick: () => void this.#signOut() }, `${display} · Sign out`)),
      this.#stale,
      h('main', { class: 'held-work' }, h('div', { class: 'lists' }, this.#problem, this.#held.element, this.#trouble.element,
        h('p', { class: 'soft keys-line' }, keys('J', 'next'), keys('K', 'previous'), keys('R', 'release'), keys('D', 'discard, or dealt with'))), this.#pane),
      this.#polite);
    this.#show();
  }

  /** The board knows how many there are, and whether they are others. @param {Board} board */
  #hear(board) {
    heardAt(board.at);
    this.#total = { held: board.held.count, troubled: board.troubled.count };
    const marks = `${board.held.mark} ${board.troubled.mark}`;
    if (marks === this.#marks) return this.#counts();
    this.#marks = marks;
    void this.#load();
  }

  async #load() {
    try {
      const [held, troubled] = await Promise.all([
        /** @type {Promise<Held[]>} */ (request('GET', `/held?most=${this.#most.held}`)), /** @type {Promise<Troubled[]>} */ (request('GET', `/deliveries/troubled?most=${this.#most.troubled}`))]);
      const before = this.#items.length;
      const known = new Set(this.#items.map((item) => item.key));
      this.#items = [...held.map((mail) => ({ key: `h${mail.id}`, held: mail })), ...troubled.map((trouble) => ({ key: `t${trouble.id}`, trouble }))];
      const fresh = this.#items.filter((item) => !known.has(item.key)).length;
      if (before > 0 && fresh > 0) announce(this.#polite, `${count(fresh, 'more mail', 'more mails')} on the list.`);
      this.#problem.hidden = true;
      if (this.#open === null && this.#items.length > 0) this.#choose(this.#items[0].key, false);
      if (this.#open !== null && !this.#mail.deciding && !this.#items.some((item) => item.key === this.#open)) this.#gone();
      this.#show();
    } catch (error) {
      say(this.#problem, sentence(error));
      this.#problem.hidden = false;
    }
  }

  #show() {
    const [held, troubled] = ['held', 'trouble'].map((kind) => this.#items.filter((item) => kind in item));
    for (const { list, items, empty } of [{ ...this.#held, items: held }, { ...this.#trouble, items: troubled }]) {
      attribute(empty, 'hidden', items.length > 0);
      reconcile(list, items, (item) => item.key, (item) => this.#row(item), (node, item) => attribute(/** @type {Element} */ (node.firstElementChild), 'aria-current', item.key === this.#open ? 'true' : null));
    }
    this.#counts();
    if (this.#open === null) put(this.#pane, h('p', { class: 'empty nothing' }, icon('check', 28), 'Nothing waits for a decision.'));
  }

  #counts() {
    const listed = (/** @type {string} */ kind) => this.#items.filter((item) => kind in item).length;
    say(this.#held.count, String(Math.max(listed('held'), this.#total.held)));
    say(this.#trouble.count, String(Math.max(listed('trouble'), this.#total.troubled)));
    this.#offerMore(this.#held.more, 'held', this.#total.held - listed('held'));
    this.#offerMore(this.#trouble.more, 'troubled', this.#total.troubled - listed('trouble'));
    document.title = `${this.#items.length > 0 ? `(${this.#items.length}) ` : ''}Mail to decide on · ${this.dataset.programme ?? ''}`;
  }

  /** @param {HTMLButtonElement} button @param {'held' | 'troubled'} kind @param {number} left not listed */
  #offerMore(button, kind, left) {
    attribute(button, 'hidden', left <= 0);
    say(button, `Show ${Math.min(PAGE, left)} more of ${left}`);
    button.onclick = () => {
      this.#most[kind] += PAGE;
      void this.#load();
    };
  }

  /** @param {Item} item */
  #row(item) {
    const open = () => this.#choose(item.key, false);
    if ('trouble' in item) {
      const { trouble } = item;
      return h('li', null, h('button', { type: 'button', class: 'item', 'data-key': item.key, onclick: open },
        h('span', { class: 'item-head' }, h('b', { dir: 'ltr' }, trouble.to), h('span', { class: 'item-time' }, clockTime(trouble.made_at))),
        h('span', { class: 'item-line', dir: 'auto' }, `${trouble.reference} · ${trouble.subject}`),
        h('span', { class: 'item-marks' }, trouble.state === 'failed' ? h('span', { class: 'tag alarm' }, icon('cross', 12), 'Failed') : h('span', { class: 'tag warn' }, icon('urgent', 12), 'May not have arrived'))));
    }
    const { held } = item;
    return h('li', null, h('button', { type: 'button', class: 'item', 'data-key': item.key, onclick: open },
      h('span', { class: 'item-head' }, h('b', { dir: 'auto' }, held.from ?? 'No sender'), h('span', { class: 'item-time' }, h('span', { class: 'visually-hidden' }, 'waits for '), timer({ since: held.arrived }))),
      h('span', { class: 'item-line', dir: 'auto' }, held.subject || 'No subject'),
      h('span', { class: 'item-why soft' }, held.why),
      h('span', { class: 'item-marks' }, h('span', { class: 'tag' }, icon('email', 12), held.mailbox), trustMark(held.trust))));
  }

  /** @param {string} key @param {boolean} focus */
  #choose(key, focus) {
    const item = this.#items.find((one) => one.key === key);
    if (!item) return;
    this.#open = key;
    this.#show();
    const pane = 'held' in item ? this.#mail : this.#undelivered;
    if (this.#pane.firstElementChild !== pane.element) put(this.#pane, pane.element);
    void ('held' in item ? this.#mail.open(item.held) : this.#undelivered.open(item.trouble));
    if (focus) this.#button(key)?.focus();
  }

  /** @param {string} key */
  #button(key) {
    const button = this.querySelector(`.item[data-key='${key}']`);
    return button instanceof HTMLElement ? button : null;
  }

  /** @param {number} by */
  #step(by) {
    if (this.#items.length === 0) return;
    const here = this.#items.findIndex((item) => item.key === this.#open);
    this.#choose(this.#items[(here + by + this.#items.length) % this.#items.length].key, true);
  }

  /** Held mails of the one who sent this, itself among them, in the order of the list. @param {Held} mail */
  #sameSender(mail) {
    const sender = mail.from?.toLowerCase();
    const held = this.#items.flatMap((item) => ('held' in item ? [item.held] : []));
    return sender ? held.filter((one) => one.from?.toLowerCase() === sender) : [mail];
  }

  /** They are off the list: the next one takes their place. @param {string[]} keys @param {string} words */
  #done(keys, words) {
    const at = this.#items.findIndex((item) => keys.includes(item.key));
    const before = this.#items.length;
    this.#items = this.#items.filter((item) => !keys.includes(item.key));
    const kind = keys[0]?.startsWith('h') ? 'held' : 'troubled';
    this.#total[kind] = Math.max(0, this.#total[kind] - (before - this.#items.length));
    announce(this.#polite, words);
    toast(this, words);
    this.#open = null;
    const next = this.#items[Math.min(Math.max(at, 0), this.#items.length - 1)];
    if (next) this.#choose(next.key, true);
    else {
      this.#show();
      this.#held.title.focus();
    }
  }

  /** Somebody else decided on what is open here. */
  #gone() {
    const words = 'What was open here is off the list: it was decided on, or has arrived.';
    announce(this.#polite, words);
    toast(this, words);
    this.#open = null;
    if (this.#items.length > 0) this.#choose(this.#items[0].key, false);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing || dialogOpen() || isEditable(event.target)) return;
    const inList = event.target instanceof Element && event.target.closest('.lists') !== null;
    const mine = this.#open?.startsWith('h') === true;
    const run = { j: () => this.#step(1), k: () => this.#step(-1), ArrowDown: inList ? () => this.#step(1) : undefined, ArrowUp: inList ? () => this.#step(-1) : undefined,
      r: mine ? () => void this.#mail.release() : undefined, d: this.#open === null ? undefined : () => void (mine ? this.#mail.discard() : this.#undelivered.settle()) }[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!run) return;
    event.preventDefault();
    if (!event.repeat || event.key.startsWith('Arrow')) run();
  }

  async #signOut() {
    try {
      await request('DELETE', '/session');
      location.reload();
    } catch (error) {
      say(this.#problem, sentence(error));
      this.#problem.hidden = false;
    }
  }

  /** @param {import('./live.js').LinkState} link @param {() => void} retry */
  #linked(link, retry) {
    if (link.kind === 'over') return location.reload();
    say(this.#line, { opening: 'Connecting…', live: 'Live', cut: 'Connection lost' }[link.kind]);
    attribute(this.#line, 'data-kind', link.kind);
    attribute(this.#stale, 'hidden', link.kind !== 'cut');
    attribute(this, 'data-stale', link.kind === 'cut');
    if (link.kind === 'cut') {
      put(this.#stale, h('p', null, h('b', null, 'Connection lost. '), `What you see is from ${clockTime(link.since * 1000)}.`), h('button', { type: 'button', onclick: retry }, 'Try now'));
    }
  }
}

/** @param {string} id @param {string} name @param {string} nothing */
function part(id, name, nothing) {
  const number = h('span', { class: 'count' });
  const list = h('ul', { class: 'items' });
  const empty = h('p', { class: 'empty' }, nothing);
  const reach = () => {
    const first = list.querySelector('button') ?? title;
    (list.hasChildNodes() ? first : empty).scrollIntoView({ block: 'center' });
    first.focus({ preventScroll: true });
  };
  const title = h('h2', { id: `h-${id}`, tabindex: -1 }, h('button', { type: 'button', class: 'part-name', onclick: reach }, name, ' ', number));
  const more = h('button', { type: 'button', class: 'more', hidden: true });
  return { title, list, empty, more, count: number, element: h('section', { class: `part ${id}`, 'aria-labelledby': `h-${id}` }, title, empty, list, more) };
}

/** @param {string} key @param {string} does */
function keys(key, does) {
  return h('span', null, h('kbd', null, key), ` ${does}`);
}

/** @param {HTMLElement} page @param {string} text */
function toast(page, text) {
  const toasts = page.querySelector('.toasts') ?? page.appendChild(h('div', { class: 'toasts', 'aria-hidden': 'true' }));
  const node = h('p', { class: 'toast' }, text);
  toasts.append(node);
  setTimeout(() => node.remove(), 10_000);
}

customElements.define('held-mail', HeldPage);
