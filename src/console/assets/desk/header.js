// @ts-check
// The bar on top: the one Ready button, the load, the state of the line, and how the desk looks and sounds.

import { request, sentence } from '../api.js';
import { attribute, h, put, say } from '../dom.js';
import { icon } from '../icons.js';
import { effect } from '../signal.js';
import { AWAY, count, presenceName } from '../words.js';
import { choose } from '../choose.js';
import { settings } from './settings.js';
import { COLUMNS } from './state.js';

export class Header {
  #ready = h('button', { type: 'button', class: 'ready', 'aria-keyshortcuts': 'Y Alt+Y', onclick: () => this.toggle() });
  #reason = h('button', { type: 'button', class: 'bar-button', onclick: () => void this.#away() }, 'Reason…');
  #problem = h('p', { class: 'problem', role: 'alert', hidden: true });
  #load = h('span', { class: 'load-text' });
  #fill = h('span', { class: 'load-fill' });
  #line = h('span', { class: 'line', role: 'status' });
  #sound = h('button', { type: 'button', class: 'bar-button icon-only', onclick: () => this.page.toggleSound() });

  /** @param {import('./page.js').Page} page @param {{ programme: string, display: string, supervisor: boolean }} who */
  constructor(page, who) {
    this.page = page;
    const columns = h('div', { class: 'columns', role: 'group', 'aria-label': 'Conversations side by side' },
      Array.from({ length: COLUMNS }, (_, i) => h('button', { type: 'button', class: 'bar-button', 'data-columns': i + 1, title: `${i + 1} side by side (${i + 1})`, onclick: () => page.setColumns(i + 1) },
        i === 0 ? icon('columns', 14) : null, String(i + 1))));
    this.element = h('header', { class: 'bar' },
      h('h1', { class: 'brand' }, h('img', { src: '/assets/icon.svg', alt: '', width: 22, height: 22 }), who.programme, h('span', { class: 'visually-hidden' }, ', your desk')),
      h('div', { class: 'presence', role: 'group', 'aria-label': 'Your state' }, this.#ready, this.#reason, this.#problem),
      h('div', { class: 'load', title: 'What you hold of what you can hold' }, h('span', { class: 'load-bar', 'aria-hidden': 'true' }, this.#fill), this.#load),
      this.#line, h('span', { class: 'spring' }), columns, this.#sound,
      h('button', { type: 'button', class: 'bar-button', title: 'Keys (?)', onclick: () => page.help() }, 'Keys ', h('kbd', null, '?')),
      who.supervisor ? h('a', { class: 'button bar-button', href: '/board' }, 'Board') : null,
      who.supervisor ? h('a', { class: 'button bar-button', href: '/held' }, 'Held mail') : null,
      h('button', { type: 'button', class: 'bar-button', onclick: () => void this.#signOut() }, h('span', { class: 'who-name' }, who.display), ' · Sign out'));
    effect(() => this.#presence());
    effect(() => this.#settings(columns));
  }

  #presence() {
    const me = this.page.desk.me.get();
    const on = me?.presence.presence === 'available';
    put(this.#ready, icon(on ? 'check' : 'away'), h('span', null, on ? 'Ready' : 'Get ready'), h('kbd', null, 'Y'), h('span', { class: 'visually-hidden' }, on ? ', press to go away' : ''));
    attribute(this.#ready, 'data-on', on);
    attribute(this.#reason, 'hidden', on || !me);
    say(this.#reason, me ? presenceName(me.presence.presence, me.presence.reason, true) : '');
    attribute(this.#reason, 'title', 'Change the reason');
    const share = me && me.capacity > 0 ? Math.min(1, me.load / me.capacity) : 0;
    this.#fill.style.setProperty('--share', String(share));
    say(this.#load, me ? `Load ${me.load} of ${me.capacity}` : '');
  }

  /** @param {HTMLElement} columns */
  #settings(columns) {
    const on = settings.sound.get();
    put(this.#sound, icon(on ? 'sound' : 'mute'));
    attribute(this.#sound, 'aria-label', on ? 'Sound is on' : 'Sound is off; emergencies still sound');
    attribute(this.#sound, 'title', `${on ? 'Sound is on' : 'Sound is off; emergencies still sound'} (M)`);
    attribute(this.#sound, 'aria-pressed', String(on));
    for (const button of columns.children) attribute(button, 'aria-pressed', String(Number(button.getAttribute('data-columns')) === settings.columns.get()));
  }

  /** Ready when away; asks for the reason when ready. */
  toggle() {
    if (this.page.desk.me.peek()?.presence.presence === 'available') void this.#away();
    else void this.#set({ presence: 'available' });
  }

  async #away() {
    const reason = await choose('Away', AWAY.map(([key, value, name]) => /** @type {const} */ ([key, value, name])),
      { explain: [h('p', null, 'You keep what you have. New contacts go to others.')] });
    if (reason) await this.#set({ presence: 'away', reason });
  }

  /** @param {{ presence: string, reason?: string }} wanted */
  async #set(wanted) {
    this.#problem.hidden = true;
    attribute(this.#ready, 'data-busy', true);
    try {
      this.page.desk.me.set(/** @type {import('./state.js').Me} */ (await request('PUT', '/me/presence', wanted)));
    } catch (error) {
      say(this.#problem, sentence(error));
      this.#problem.hidden = false;
    }
    attribute(this.#ready, 'data-busy', false);
  }

  /** What was left open is named before one goes (REP9). */
  async #signOut() {
    const open = [...this.page.desk.contacts.peek().values()].filter((held) => held.stage !== 'wrap_up').length;
    const waiting = this.page.outbox.items.peek().length;
    const sure = await choose('Sign out?', [['s', 'out', 'Sign out'], ['b', 'stay', 'Stay']], { explain: [
      open > 0 ? h('p', null, `You still have ${count(open, 'contact')}. They go back to their place in line; drafts on them are lost.`) : h('p', null, 'Nothing is left open.'),
      waiting > 0 ? h('p', { class: 'problem' }, `${count(waiting, 'message is', 'messages are')} not sent yet.`) : null,
    ] });
    if (sure !== 'out') return;
    try {
      await request('DELETE', '/session');
      this.page.drafts.clear();
      this.page.writing.forget();
      this.page.signedOut();
    } catch (error) {
      say(this.#problem, sentence(error));
      this.#problem.hidden = false;
    }
  }

  /** @param {import('../live.js').LinkState} link */
  line(link) {
    const words = { opening: 'Connecting…', live: 'Live', cut: 'Connection lost', over: 'Signed out' };
    say(this.#line, words[link.kind]);
    attribute(this.#line, 'data-kind', link.kind);
  }
}

