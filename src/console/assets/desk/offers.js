// @ts-check
// The tray of offers, above everything else: emergencies first, with the reason each came to this rep and the time left.

import { request, sentence } from '../api.js';
import { now, timer } from '../clock.js';
import { attribute, h, say } from '../dom.js';
import { icon } from '../icons.js';
import { reconcile } from '../list.js';
import { effect } from '../signal.js';
import { CHANNELS, DECLINES, languageName, URGENCY } from '../words.js';
import { choose } from '../choose.js';
import { inOrder } from './state.js';

/** @typedef {import('./state.js').Offer} Offer */
/** @typedef {import('./state.js').OfferedContact} OfferedContact */

/** Seconds left at which the countdown turns pressing. */
const SOON = 10;

export class Offers {
  element = h('section', { class: 'offers', 'aria-label': 'Offers', hidden: true });
  #list = h('div', { class: 'offer-list' });
  /** While a rep is ready the room for an offer is kept, so that nothing moves under the mouse when one comes. */
  #none = h('p', { class: 'no-offer soft' }, 'Offers appear here.');

  /** @param {import('./state.js').Desk} desk @param {{ accepted: (contact: number, typed: number) => void, typed: () => number, silence: () => void }} then */
  constructor(desk, then) {
    this.desk = desk;
    this.then = then;
    this.element.append(this.#none, this.#list);
    effect(() => this.#show());
  }

  #show() {
    /** @type {(Offer | OfferedContact)[]} */
    const cards = [...this.desk.alarms.get().values(), ...inOrder(this.desk.offers.get())];
    const ready = this.desk.me.get()?.presence.presence === 'available';
    attribute(this.element, 'hidden', cards.length === 0 && !ready);
    attribute(this.element, 'data-none', cards.length === 0);
    reconcile(this.#list, cards, (card) => ('expires_at' in card ? `o${card.id}` : `c${card.id}`),
      (card) => ('expires_at' in card ? this.#offer(card) : this.#alarm(card)));
  }

  /** @param {Offer} offer */
  #offer(offer) {
    const emergency = offer.contact.urgency === 'emergency';
    const problem = h('p', { class: 'problem', role: 'alert', hidden: true });
    const left = offer.expires_at === null
      ? h('span', { class: 'left' }, 'Stands until someone takes it')
      : h('span', { class: 'left' }, h('span', { class: 'visually-hidden' }, 'Time left '), timer({ until: offer.expires_at, soon: SOON }));
    const accept = h('button', { type: 'button', class: 'accept', 'data-offer': offer.id, 'aria-keyshortcuts': 'A Alt+A', onclick: () => void this.accept(offer) },
      icon('check'), emergency ? 'Take it now' : 'Accept', h('kbd', null, 'A'));
    const decline = h('button', { type: 'button', class: 'decline', 'aria-keyshortcuts': 'D Alt+D', onclick: () => void this.decline(offer) }, 'Decline…', h('kbd', null, 'D'));
    return h('article', { class: `offer ${offer.contact.urgency}`, id: `offer-${offer.id}`, 'aria-label': title(offer.contact) },
      headline(offer.contact),
      h('p', { class: 'why' }, h('b', null, 'Why you: '), offer.reason.sentence.replace(/^You: /, '')),
      h('div', { class: 'offer-actions' }, left, emergency ? this.#silence() : null, accept, decline),
      offer.expires_at === null ? null : bar(offer.expires_at),
      problem);
  }

  /** An emergency nobody has acknowledged, as a supervisor sees it. @param {OfferedContact} contact */
  #alarm(contact) {
    const problem = h('p', { class: 'problem', role: 'alert', hidden: true });
    return h('article', { class: 'offer emergency alarm', id: `alarm-${contact.id}`, 'aria-label': `Nobody has acknowledged: ${title(contact)}` },
      headline(contact),
      h('p', { class: 'why' }, h('b', null, 'For supervisors: '), 'nobody has acknowledged this emergency yet.'),
      h('div', { class: 'offer-actions' },
        this.#silence(), h('a', { class: 'button', href: '/board' }, 'Open the board'),
        h('button', { type: 'button', class: 'accept', onclick: () => void this.#acknowledge(contact.id, problem) }, icon('check'), 'Acknowledge')),
      problem);
  }

  #silence() {
    return h('button', { type: 'button', class: 'silence', 'aria-keyshortcuts': 'M Alt+M', onclick: () => this.then.silence() }, icon('mute', 14), 'Silence', h('kbd', null, 'M'));
  }

  /** The one that keys act on. */
  first() {
    return inOrder(this.desk.offers.peek())[0];
  }

  /** @param {Offer | undefined} offer */
  async accept(offer) {
    if (!offer || this.desk.answered.has(offer.id)) return;
    this.desk.answered.add(offer.id);
    this.#busy(offer, true);
    const typed = this.then.typed();
    try {
      const contact = /** @type {import('./state.js').Contact} */ (await request('POST', `/offers/${offer.id}/accept`));
      this.desk.keep(contact);
      this.desk.dropOffer(offer.id, 'accepted');
      for (const other of this.desk.offers.peek().values()) {
        if (other.contact.id === contact.id) this.desk.dropOffer(other.id, 'accepted');
      }
      this.then.accepted(contact.id, typed);
    } catch (error) {
      this.#failed(offer, error);
    }
  }

  /** @param {Offer | undefined} offer */
  async decline(offer) {
    if (!offer || this.desk.answered.has(offer.id)) return;
    const reason = await choose('Why do you decline?', DECLINES, {
      explain: [h('p', null, `${title(offer.contact)}. It keeps its place in line and goes to the next representative.`)],
    });
    if (!reason || !this.desk.offers.peek().has(offer.id)) return;
    this.desk.answered.add(offer.id);
    this.#busy(offer, true);
    try {
      await request('POST', `/offers/${offer.id}/decline`, { reason });
      this.desk.dropOffer(offer.id, 'declined');
    } catch (error) {
      this.#failed(offer, error);
    }
  }

  /** @param {number} contact @param {HTMLElement} problem */
  async #acknowledge(contact, problem) {
    try {
      await request('POST', `/contacts/${contact}/acknowledge`);
      this.desk.silence(contact);
    } catch (error) {
      tell(problem, sentence(error));
    }
  }

  /** @param {Offer} offer @param {unknown} error */
  #failed(offer, error) {
    this.desk.answered.delete(offer.id);
    this.#busy(offer, false);
    const status = /** @type {{ status?: number }} */ (error).status;
    if (status === 409 || status === 404) return this.desk.dropOffer(offer.id, 'taken');
    const problem = document.querySelector(`#offer-${offer.id} .problem`);
    if (problem instanceof HTMLElement) tell(problem, sentence(error));
  }

  /** @param {Offer} offer @param {boolean} on */
  #busy(offer, on) {
    const card = document.getElementById(`offer-${offer.id}`);
    card?.toggleAttribute('data-busy', on);
    for (const button of card?.querySelectorAll('button') ?? []) button.setAttribute('aria-disabled', String(on));
  }
}

/** @param {HTMLElement} problem @param {string} text */
function tell(problem, text) {
  say(problem, text);
  problem.hidden = false;
}

/** @param {OfferedContact} contact */
function headline(contact) {
  const emergency = contact.urgency === 'emergency';
  return h('h2', { class: 'headline' },
    h('span', { class: `urgency ${contact.urgency}` }, contact.urgency === 'normal' || contact.urgency === 'low' ? null : icon(contact.urgency, emergency ? 22 : 16),
      emergency ? 'EMERGENCY' : contact.urgency === 'normal' ? null : URGENCY[contact.urgency]),
    h('span', { class: 'way' }, icon(contact.channel), CHANNELS[contact.channel]),
    h('span', { class: 'tag' }, languageName(contact.language.code)),
    contact.communication_preference && h('span', { class: 'tag preference' }, contact.communication_preference),
    h('span', { class: 'subject', lang: contact.language.code, dir: 'auto' }, contact.subject || contact.service_name || contact.reference));
}

/** @param {OfferedContact} contact */
export function title(contact) {
  const kind = contact.urgency === 'normal' ? '' : `${URGENCY[contact.urgency]}, `;
  return `${kind}${CHANNELS[contact.channel]} in ${languageName(contact.language.code)}: ${contact.subject || contact.service_name || contact.reference}`;
}

/** A bar that empties with the time left. It repeats the countdown, so it is hidden from screen readers. @param {number} until */
function bar(until) {
  const whole = Math.max(1, until - now());
  const fill = h('span');
  const node = h('span', { class: 'left-bar', 'aria-hidden': 'true' }, fill);
  fill.animate([{ transform: 'scaleX(1)' }, { transform: 'scaleX(0)' }], { duration: whole / 1000, fill: 'forwards' });
  return node;
}
