// @ts-check
// Who works: by state, then by name. No ranking and no times of individuals.

import { attribute, h, put, say } from '../dom.js';
import { icon } from '../icons.js';
import { reconcile } from '../list.js';
import { count, presenceName } from '../words.js';

/** @typedef {import('../../protocol.d.ts').RepCard} RepCard */

const STATES = /** @type {const} */ ([['available', 'Ready'], ['away', 'Away'], ['waiting', 'Not ready'], ['offline', 'Signed out']]);

export class Reps {
  element = h('div', { class: 'reps' });
  #parts = STATES.map(([state, name]) => {
    const number = h('span', { class: 'count' });
    const list = h('ul');
    const element = state === 'offline' ? h('details', null, h('summary', null, `${name} `, number), list) : h('section', null, h('h3', null, `${name} `, number), list);
    return { state, element, number, list };
  });

  constructor() {
    put(this.element, this.#parts.map((part) => part.element));
  }

  /** @param {RepCard[]} reps */
  update(reps) {
    for (const part of this.#parts) {
      const members = reps.filter((rep) => state(rep) === part.state).sort((a, b) => name(a).localeCompare(name(b)));
      say(part.number, String(members.length));
      attribute(part.element, 'hidden', members.length === 0);
      reconcile(part.list, members, (rep) => rep.rep, row, update);
    }
  }
}

/** Who has the desk open and has not pressed “Get ready” is not signed out. @param {RepCard} rep @returns {typeof STATES[number][0]} */
function state(rep) {
  return rep.presence === 'offline' && rep.connected ? 'waiting' : rep.presence;
}

/** @param {RepCard} rep */
export function name(rep) {
  return rep.display || rep.name;
}

/** @param {RepCard} rep */
function row(rep) {
  return h('li', { class: 'rep' }, h('span', { class: 'rep-name' }, name(rep)), h('span', { class: 'rep-state' }),
    h('span', { class: 'rep-load' }, h('span', { class: 'load-bar', 'aria-hidden': 'true' }, h('span', { class: 'load-fill' })), h('span', { class: 'load-text' })), h('span', { class: 'rep-holds soft' }));
}

/** @param {Element} node @param {RepCard} rep */
function update(node, rep) {
  const [, stands, load, holds] = /** @type {HTMLElement[]} */ ([...node.children]);
  const word = rep.presence === 'available' ? '' : presenceName(rep.presence, rep.reason, rep.connected).replace(/^Away: /, '');
  const now = `${word}|${rep.connected}`;
  if (stands.dataset.is !== now) {
    stands.dataset.is = now;
    put(stands, word, rep.presence !== 'offline' && !rep.connected ? h('span', { class: 'tag warn' }, icon('away', 12), 'no screen') : null);
  }
  const fill = /** @type {HTMLElement} */ (load.querySelector('.load-fill'));
  fill.style.setProperty('--share', String(rep.capacity > 0 ? Math.min(1, rep.load / rep.capacity) : 0));
  attribute(load, 'data-full', rep.load >= rep.capacity);
  say(/** @type {HTMLElement} */ (load.querySelector('.load-text')), `${rep.load}/${rep.capacity}${rep.load >= rep.capacity ? ' full' : ''}`);
  say(holds, [[rep.offers, 'offer'], [rep.active, 'active'], [rep.wrapping_up, 'wrap-up'], [rep.parked, 'parked']]
    .filter(([n]) => Number(n) > 0).map(([n, what]) => (what === 'offer' ? count(Number(n), 'offer') : `${n} ${what}`)).join(', '));
}
