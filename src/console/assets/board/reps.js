// @ts-check
// Who works: by state, then by name. No ranking and no times of individuals. Each opens what they have, and each of that opens to be read.

import { request, sentence } from '../api.js';
import { setTimer, timer } from '../clock.js';
import { attribute, h, put, say } from '../dom.js';
import { icon } from '../icons.js';
import { reconcile } from '../list.js';
import { CHANNELS, count, languageName, presenceName, URGENCIES, URGENCY } from '../words.js';

/** @typedef {import('../../protocol.d.ts').RepCard} RepCard */
/** @typedef {import('../../protocol.d.ts').Contact} Contact */

const STATES = /** @type {const} */ ([['available', 'Ready'], ['away', 'Away'], ['waiting', 'Not ready'], ['offline', 'Signed out']]);
/** @type {Partial<Record<import('../../protocol.d.ts').Stage, string>>} */
const STAGES = { active: 'active', parked: 'parked', wrap_up: 'wrap-up' };

export class Reps {
  element = h('div', { class: 'reps' });
  #parts = STATES.map(([state, name]) => {
    const number = h('span', { class: 'count' });
    const list = h('ul');
    const element = state === 'offline' ? h('details', null, h('summary', null, `${name} `, number), list) : h('section', null, h('h3', null, `${name} `, number), list);
    return { state, element, number, list, alarmed: false };
  });
  /** Whoever looks at this may read conversations. */
  #reads = false;
  /** @type {RepCard[]} */ #cards = [];
  /** What those whose row is open have; `null` while it is asked for. @type {Map<number, { contacts: Contact[] | null, problem: string, asking: boolean, again: boolean }>} */ #open = new Map();

  /** @param {(contact: Contact) => void} look opens a conversation */
  constructor(look) {
    this.look = look;
    put(this.element, this.#parts.map((part) => part.element));
  }

  /** @param {boolean} reads */
  mayRead(reads) {
    this.#reads = reads;
    this.#show();
  }

  /** @param {RepCard[]} reps */
  update(reps) {
    this.#cards = reps;
    this.#show();
    for (const rep of this.#open.keys()) void this.#ask(rep);
  }

  #show() {
    for (const part of this.#parts) {
      const members = this.#cards.filter((rep) => state(rep) === part.state).sort((a, b) => name(a).localeCompare(name(b)));
      say(part.number, String(members.length));
      attribute(part.element, 'hidden', members.length === 0);
      const alarmed = members.some((rep) => rep.emergencies > 0);
      if (part.state === 'offline' && alarmed && !part.alarmed) attribute(part.element, 'open', true); // nobody has to look for an emergency
      part.alarmed = alarmed;
      reconcile(part.list, members, (rep) => rep.rep, (rep) => this.#row(rep), (node, rep) => { update(node, rep); this.#fill(node, rep); });
    }
  }

  /** @param {RepCard} rep */
  #row(rep) {
    const held = h('div', { class: 'rep-held', id: `held-by-${rep.rep}`, hidden: true }, h('p', { class: 'soft' }), h('ul', { 'aria-label': `What ${name(rep)} has` }));
    return h('li', { class: 'rep', onclick: (/** @type {MouseEvent} */ event) => { if (!held.contains(/** @type {Node} */ (event.target))) this.#toggle(rep.rep); } },
      h('span', { class: 'rep-name' }, h('bdi', null, name(rep)), h('button', { type: 'button', class: 'rep-open', hidden: true, 'aria-controls': held.id, 'aria-expanded': 'false' }, h('bdi', null, name(rep)), h('span', { class: 'visually-hidden' }, ': what they have'))),
      h('span', { class: 'rep-state' }),
      h('span', { class: 'rep-load' }, h('span', { class: 'load-bar', 'aria-hidden': 'true' }, h('span', { class: 'load-fill' })), h('span', { class: 'load-text' })),
      h('span', { class: 'rep-holds soft' }), held);
  }

  /** @param {number} rep */
  #toggle(rep) {
    if (!this.#reads) return;
    if (!this.#open.delete(rep)) {
      this.#open.set(rep, { contacts: null, problem: '', asking: false, again: false });
      void this.#ask(rep);
    }
    this.#show();
  }

  /** What they have now; what changes while it is asked for is asked for again. @param {number} rep */
  async #ask(rep) {
    const open = this.#open.get(rep);
    if (!open) return;
    open.again = open.asking;
    if (open.asking) return;
    open.asking = true;
    try {
      open.contacts = /** @type {Contact[]} */ (await request('GET', `/reps/${rep}/contacts`));
      open.problem = '';
    } catch (error) {
      open.problem = sentence(error);
    }
    open.asking = false;
    this.#show();
    if (open.again) void this.#ask(rep);
  }

  /** @param {Element} node @param {RepCard} rep */
  #fill(node, rep) {
    const open = this.#open.get(rep.rep);
    const held = /** @type {HTMLElement} */ (node.lastElementChild);
    const [plain, button] = /** @type {HTMLElement[]} */ ([.../** @type {Element} */ (node.firstElementChild).children]);
    attribute(plain, 'hidden', this.#reads);
    attribute(button, 'hidden', !this.#reads);
    attribute(button, 'aria-expanded', String(open !== undefined));
    attribute(node, 'data-opens', this.#reads);
    attribute(held, 'hidden', open === undefined);
    const [line, list] = /** @type {HTMLElement[]} */ ([...held.children]);
    const contacts = [...open?.contacts ?? []].sort((a, b) => URGENCIES.indexOf(a.urgency) - URGENCIES.indexOf(b.urgency) || a.since - b.since);
    const words = open?.problem || (open?.contacts === null ? 'Asking…' : contacts.length === 0 ? 'Nothing now.' : '');
    say(line, words);
    attribute(line, 'hidden', words === '');
    reconcile(list, contacts, (contact) => contact.id, (contact) => this.#contact(contact), fresh);
  }

  /** @param {Contact} contact */
  #contact(contact) {
    return h('li', null, h('button', { type: 'button', class: 'held-contact', 'data-contact': contact.id, onclick: () => this.look(contact) },
      h('span', { class: 'held-what' }, icon(contact.channel, 14), h('span', { class: 'visually-hidden' }, `Read ${CHANNELS[contact.channel]} `), h('b', null, contact.reference), ' ', h('span', { class: 'held-language' })),
      h('span', { class: 'held-urgency' }), h('span', { class: 'held-time' }, h('span'), ' ', timer({ since: contact.since }))));
  }
}

/** @param {Element} node @param {Contact} contact */
function fresh(node, contact) {
  const part = (/** @type {string} */ name) => /** @type {HTMLElement} */ (node.querySelector(name));
  attribute(/** @type {Element} */ (node.firstElementChild), 'data-urgency', contact.urgency);
  say(part('.held-language'), languageName(contact.language.code));
  const urgency = part('.held-urgency');
  if (urgency.dataset.is !== contact.urgency) {
    urgency.dataset.is = contact.urgency;
    put(urgency, h('span', { class: `urgency ${contact.urgency}` }, ['emergency', 'urgent', 'soon'].includes(contact.urgency) ? icon(contact.urgency, 12) : null, URGENCY[contact.urgency]));
  }
  say(/** @type {Element} */ (part('.held-time').firstElementChild), STAGES[contact.stage] ?? contact.stage);
  setTimer(part('.held-time .timer'), { since: contact.since });
}

/** Who has the desk open and has not pressed “Get ready” is not signed out. @param {RepCard} rep @returns {typeof STATES[number][0]} */
function state(rep) {
  return rep.presence === 'offline' && rep.connected ? 'waiting' : rep.presence;
}

/** @param {RepCard} rep */
export function name(rep) {
  return rep.display || rep.name;
}

/** @param {Element} node @param {RepCard} rep */
function update(node, rep) {
  const [, stands, load, holds] = /** @type {HTMLElement[]} */ ([...node.children]);
  const word = rep.presence === 'available' ? '' : presenceName(rep.presence, rep.reason, rep.connected).replace(/^Away: /, '');
  const now = `${word}|${rep.connected}|${rep.emergencies}`;
  if (stands.dataset.is !== now) {
    stands.dataset.is = now;
    put(stands, word, rep.presence !== 'offline' && !rep.connected ? h('span', { class: 'tag warn' }, icon('away', 12), 'no screen') : null,
      rep.emergencies > 0 ? h('span', { class: 'urgency emergency' }, icon('emergency', 12), rep.emergencies === 1 ? 'Emergency' : `${rep.emergencies} emergencies`) : null);
  }
  const fill = /** @type {HTMLElement} */ (load.querySelector('.load-fill'));
  fill.style.setProperty('--share', String(rep.capacity > 0 ? Math.min(1, rep.load / rep.capacity) : 0));
  attribute(load, 'data-full', rep.load >= rep.capacity);
  say(/** @type {HTMLElement} */ (load.querySelector('.load-text')), `${rep.load}/${rep.capacity}${rep.load >= rep.capacity ? ' full' : ''}`);
  say(holds, [[rep.offers, 'offer'], [rep.active, 'active'], [rep.wrapping_up, 'wrap-up'], [rep.parked, 'parked']]
    .filter(([n]) => Number(n) > 0).map(([n, what]) => (what === 'offer' ? count(Number(n), 'offer') : `${n} ${what}`)).join(', '));
}
