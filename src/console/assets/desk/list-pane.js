// @ts-check
// The list on the left: who waits for an answer, who is being helped, whose work is being finished, who was asked something.

import { now, setTimer, timer } from '../clock.js';
import { attribute, h, say } from '../dom.js';
import { icon } from '../icons.js';
import { reconcile } from '../list.js';
import { effect } from '../signal.js';
import { CHANNELS, languageName, URGENCY } from '../words.js';
import { byNeedOfUs, group, GROUPS, lastSaid, personName, waitingSince } from './state.js';

/** @typedef {import('./state.js').Held} Held */

/** @type {Record<import('./state.js').Group, string>} */
const TITLES = { reply: 'Waiting for your reply', active: 'With you', wrap_up: 'Wrap-up', parked: 'Parked' };

export class ListPane {
  element = h('nav', { class: 'contacts', id: 'contacts', 'aria-label': 'Your contacts' });
  #groups = new Map(GROUPS.map((name) => [name, section(name)]));
  #empty = h('p', { class: 'empty' });

  /**
   * @param {import('./state.js').Desk} desk
   * @param {{ unread: (held: Held) => number, hasDraft: (id: number) => boolean, open: (id: number) => void }} page
   */
  constructor(desk, page) {
    this.desk = desk;
    this.page = page;
    this.element.append(this.#empty, ...[...this.#groups.values()].map((part) => part.element));
    effect(() => this.#show());
  }

  #show() {
    const all = byNeedOfUs(this.desk.contacts.get());
    const open = this.desk.panes.get();
    const focused = open[this.desk.focus.get()];
    attribute(this.#empty, 'hidden', all.length > 0);
    say(this.#empty, this.desk.me.get()?.presence.presence === 'available'
      ? 'You are ready. The next contact you can serve comes to you; there is nothing to pick.'
      : 'No contacts. Press “Get ready” to be offered work.');
    for (const [name, part] of this.#groups) {
      const members = all.filter((held) => group(held) === name);
      attribute(part.element, 'hidden', members.length === 0);
      say(part.count, String(members.length));
      reconcile(part.list, members, (held) => held.id, (held) => this.#row(held),
        (row, held) => update(row, held, held.id === focused, open.includes(held.id), this.page));
    }
  }

  /** @param {Held} held */
  #row(held) {
    return h('li', null, h('button', { type: 'button', class: 'row', 'data-contact': held.id, onclick: () => this.page.open(held.id) },
      h('span', { class: 'row-icon' }, icon(held.channel, 18)),
      h('span', { class: 'visually-hidden' }, `${CHANNELS[held.channel]}: `),
      h('span', { class: 'row-name', dir: 'auto' }),
      h('span', { class: 'row-time' }, h('span', { class: 'visually-hidden' }), timer({ since: now() })),
      h('span', { class: 'row-subject', dir: 'auto' }),
      h('span', { class: 'row-line', dir: 'auto' }),
      h('span', { class: 'row-marks' })));
  }
}

/** @param {import('./state.js').Group} name */
function section(name) {
  const count = h('span', { class: 'count' });
  const list = h('ul');
  const element = h('section', { class: `group ${name}`, 'aria-labelledby': `group-${name}` },
    h('h2', { id: `group-${name}` }, TITLES[name], ' ', count), list);
  return { element, count, list };
}

/** @param {Element} row @param {Held} held @param {boolean} focused @param {boolean} shown @param {ListPane['page']} page */
function update(row, held, focused, shown, page) {
  const button = /** @type {HTMLElement} */ (row.firstElementChild);
  attribute(button, 'aria-current', focused ? 'true' : shown ? 'false' : null);
  attribute(button, 'data-shown', shown);
  attribute(button, 'data-urgency', held.urgency);
  const part = (/** @type {string} */ name) => /** @type {HTMLElement} */ (button.querySelector(name));
  say(part('.row-name'), personName(held));
  const last = lastSaid(held);
  const snippet = held.typing ? 'typing…' : last?.text ?? '';
  say(part('.row-subject'), held.subject);
  say(part('.row-line'), snippet);
  attribute(part('.row-subject'), 'hidden', held.subject === '');
  attribute(part('.row-line'), 'hidden', snippet === '' || snippet === held.subject); // the first words of a chat are what it is about
  const [word, node] = /** @type {[HTMLElement, HTMLElement]} */ ([...part('.row-time').children]);
  const when = time(held);
  say(word, when.word);
  node.hidden = !when.timer;
  if (when.timer) setTimer(node, when.timer);
  marks(part('.row-marks'), held, page);
}

/** @param {Held} held @returns {{ word: string, timer?: { since: number } | { until: number, soon?: number } }} */
function time(held) {
  switch (group(held)) {
    case 'reply': return { word: 'waits for ', timer: { since: waitingSince(held) } };
    case 'wrap_up': return held.until ? { word: 'ends in ', timer: { until: held.until, soon: 15 } } : { word: '' };
    case 'parked': return held.until ? { word: 'comes back in ', timer: { until: held.until } } : { word: 'until they write' };
    default: return { word: 'since ', timer: { since: lastSaid(held)?.at ?? held.since } };
  }
}

/** @param {HTMLElement} node @param {Held} held @param {ListPane['page']} page */
function marks(node, held, page) {
  const unread = page.unread(held);
  /** @type {[string, string | null, string][]} class, icon, text */
  const wanted = [];
  if (held.urgency === 'emergency' || held.urgency === 'urgent' || held.urgency === 'soon') wanted.push([`urgency ${held.urgency}`, held.urgency, URGENCY[held.urgency]]);
  if (unread > 0) wanted.push(['unread', null, `${unread} new`]);
  if (held.customer_away && held.stage === 'active') wanted.push(['tag', 'away', 'left the chat']);
  if (page.hasDraft(held.id)) wanted.push(['tag', 'note', 'draft']);
  if (held.doubtful) wanted.push(['tag', 'robot', 'automatic?']);
  if (!held.language.code.startsWith('en')) wanted.push(['tag code', null, held.language.code]);
  reconcile(node, wanted, ([kind, , text]) => `${kind} ${text}`, ([kind, sign, text]) => h('span', { class: kind },
    sign ? icon(sign, 13) : null, kind === 'tag code' ? [h('span', { 'aria-hidden': 'true' }, text), h('span', { class: 'visually-hidden' }, languageName(text))] : text));
}
