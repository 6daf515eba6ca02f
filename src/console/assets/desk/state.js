// @ts-check
// What is on this rep's desk: offers, contacts with their messages, and which conversations are open. Fed by the live connection
// and by the answers to requests; every change may come twice and changes nothing the second time.

import { request } from '../api.js';
import { heardAt } from '../clock.js';
import { signal } from '../signal.js';
import { isLive, URGENCIES } from '../words.js';

/** @typedef {import('../../protocol.d.ts').Contact} Contact */
/** @typedef {import('../../protocol.d.ts').Message} Message */
/** @typedef {import('../../protocol.d.ts').Offer} Offer */
/** @typedef {import('../../protocol.d.ts').OfferedContact} OfferedContact */
/** @typedef {import('../../protocol.d.ts').Frame} Frame */
/** @typedef {import('../../protocol.d.ts').Me} Me */
/** @typedef {import('../../protocol.d.ts').Seen} Seen */
/** @typedef {Contact & { messages: Message[], complete: boolean, typing: boolean, loading: boolean, again?: boolean }} Held */
/**
 * What the desk tells the page about.
 * @typedef {object} Notices
 * @property {(offer: Offer) => void} offered
 * @property {(offer: Offer, why: string) => void} withdrawn
 * @property {(contact: Held, message: Message) => void} written
 * @property {(contact: Held, message: Message) => void} warned
 * @property {(contact: Held, why: string) => void} gone
 * @property {(contact: OfferedContact) => void} escalated
 * @property {(contact: Held) => void} endangered
 */

/** A customer who stops typing without saying so stops after this long. */
const TYPING_MS = 8_000;
/** The live line tells of what we did within this, or it is down. */
const NEWS_MS = 1_500;
/** The most conversations side by side. */
export const COLUMNS = 3;

export class Desk {
  /** @type {import('../signal.js').Signal<Me | null>} */ me = signal(/** @type {Me | null} */ (null));
  offers = signal(/** @type {Map<number, Offer>} */ (new Map()));
  contacts = signal(/** @type {Map<number, Held>} */ (new Map()));
  /** Unacknowledged emergencies, for supervisors. */
  alarms = signal(/** @type {Map<number, OfferedContact>} */ (new Map()));
  /** The contact in each column, from the left. */
  panes = signal(/** @type {(number | null)[]} */ ([null]));
  /** The column that keys act on. */
  focus = signal(0);
  /** The first snapshot has come. */
  ready = signal(false);
  #snapshots = 0;
  /** @type {Map<number, ReturnType<typeof setTimeout>>} */ #typing = new Map();
  /** How often each contact changed here; see `news`. @type {Map<number, number>} */ #changes = new Map();
  /** Offers we are answering: their going is no news. @type {Set<number>} */ answered = new Set();
  /** Contacts we are closing or handing on: their going is no news. @type {Set<number>} */ leaving = new Set();

  /** @param {Notices} notices */
  constructor(notices) {
    this.notices = notices;
  }

  /** @param {Frame} frame */
  hear(frame) {
    switch (frame.type) {
      case 'snapshot': return this.#snapshot(frame);
      case 'offer': return this.#offered(frame.offer);
      case 'offer_gone': return this.dropOffer(frame.offer_id, frame.why);
      case 'contact': return this.keep(frame.contact);
      case 'contact_gone': return this.drop(frame.contact_id, frame.why);
      case 'message': return this.said(frame.contact_id, frame.message);
      case 'read': return this.#read(frame.contact_id, frame.read ?? frame.seq);
      case 'seen': return this.#saw(frame.contact_id, frame);
      case 'delivery': return this.#fares(frame.contact_id, frame.message, frame);
      case 'letter': return this.#wrote(frame.contact_id, frame.letter);
      case 'typing': return this.#typed(frame.contact_id, frame.on);
      case 'presence': return this.me.set(frame.me);
      case 'emergency': return this.#escalated(frame.contact);
      case 'board': return this.#acknowledged(frame.board.unacknowledged);
    }
  }

  /** @param {Extract<Frame, { type: 'snapshot' }>} frame */
  #snapshot(frame) {
    this.#snapshots += 1;
    this.me.set(frame.me);
    const known = this.offers.peek();
    this.offers.set(new Map(frame.offers.map((offer) => [offer.id, offer])));
    for (const offer of frame.offers) if (!known.has(offer.id)) this.notices.offered(offer);
    const before = this.contacts.peek();
    const now = new Map(frame.contacts.map((contact) => [contact.id, merged(before.get(contact.id), contact, contact.messages !== undefined && contact.has_earlier !== true)]));
    this.contacts.set(now);
    this.panes.set(this.panes.peek().map((id) => (id !== null && now.has(id) ? id : null)));
    this.ready.set(true);
    this.#fillPanes();
    for (const held of now.values()) if (!held.complete) void this.load(held.id);
    if (frame.board) this.#acknowledged(frame.board.unacknowledged);
  }

  /** @param {Offer} offer */
  #offered(offer) {
    const fresh = !this.offers.peek().has(offer.id) && !this.answered.has(offer.id);
    if (this.answered.has(offer.id)) return;
    this.offers.peek().set(offer.id, offer);
    this.offers.touch();
    if (fresh) this.notices.offered(offer);
  }

  /** The line is back and told what happened meanwhile. What was said is asked for once more: a message need not be an event. */
  async resumed() {
    const snapshots = this.#snapshots;
    await new Promise((done) => setTimeout(done, NEWS_MS));
    if (snapshots === this.#snapshots) for (const id of this.contacts.peek().keys()) void this.load(id);
  }

  /** @param {number} id @param {string} why */
  dropOffer(id, why) {
    const offer = this.offers.peek().get(id);
    if (!offer) return;
    this.offers.peek().delete(id);
    this.offers.touch();
    if (!this.answered.has(id) && why !== 'accepted') this.notices.withdrawn(offer, why);
  }

  /** A contact as the server now has it. @param {Contact} contact @param {boolean} [whole] it came with all its messages */
  keep(contact, whole = false) {
    if (contact.stage === 'closed' || contact.stage === 'waiting' || contact.stage === 'offered') {
      return this.drop(contact.id, contact.stage === 'closed' ? 'closed' : 'returned');
    }
    const all = whole || (contact.messages !== undefined && contact.messages.length > 0 && contact.has_earlier !== true);
    const before = this.contacts.peek().get(contact.id);
    const alarmed = contact.alarm && before?.alarm !== true;
    const held = merged(before, contact, all);
    if (alarmed) this.notices.endangered(held);
    this.contacts.peek().set(contact.id, held);
    this.#changes.set(contact.id, this.changes(contact.id) + 1);
    this.contacts.touch();
    this.#fillPanes();
    if (!held.complete) void this.load(contact.id);
  }

  /** @param {number} id @param {string} why */
  drop(id, why) {
    const held = this.contacts.peek().get(id);
    if (!held) return;
    this.contacts.peek().delete(id);
    this.#changes.set(id, this.changes(id) + 1);
    this.contacts.touch();
    this.panes.set(this.panes.peek().map((pane) => (pane === id ? null : pane)));
    this.#fillPanes();
    if (!this.leaving.delete(id)) this.notices.gone(held, why);
  }

  /** @param {number} id */
  changes(id) {
    return this.#changes.get(id) ?? 0;
  }

  /** Has a contact changed since, or does it within a while? @param {number} id @param {number} since from `changes` */
  async news(id, since) {
    for (let waited = 0; waited < NEWS_MS && this.changes(id) === since; waited += NEWS_MS / 20) await new Promise((done) => setTimeout(done, NEWS_MS / 20));
    return this.changes(id) !== since;
  }

  /** @param {number} id @param {Message} message */
  said(id, message) {
    heardAt(message.at);
    const held = this.contacts.peek().get(id);
    if (!held || held.messages.some((m) => m.seq === message.seq)) return;
    const before = held.messages.at(-1)?.seq ?? 0;
    held.messages.push(message);
    held.messages.sort((a, b) => a.seq - b.seq);
    const mailed = message.from.by === 'customer' && !message.mail && (held.channel === 'email' || held.channel === 'form');
    if (message.seq !== before + 1 || mailed) void this.load(id); // one is missing, or came by mail
    if (message.from.by === 'memo') this.notices.warned(held, message);
    if (message.from.by === 'customer') {
      held.typing = false;
      this.notices.written(held, message);
    }
    this.contacts.touch();
  }

  /** Read a contact with all its messages. @param {number} id */
  async load(id) {
    const held = this.contacts.peek().get(id);
    if (!held) return;
    if (held.loading) {
      held.again = true; // what is on its way may be older
      return;
    }
    held.loading = true;
    try {
      const contact = /** @type {Contact} */ (await request('GET', `/contacts/${id}`));
      held.loading = false;
      this.keep(contact, true);
      if (held.again) {
        held.again = false;
        void this.load(id);
      }
    } catch {
      held.loading = false;
      setTimeout(() => { if (!this.contacts.peek().get(id)?.complete) void this.load(id); }, 3_000);
    }
  }

  /** @param {number} id @param {number} seq */
  #read(id, seq) {
    const held = this.contacts.peek().get(id);
    if (!held || seq <= (held.customer_read ?? 0)) return;
    held.customer_read = seq;
    this.contacts.touch();
  }

  /** One of the staff saw these messages for the first time. @param {number} id @param {{ first: number, last: number } & Seen} saw */
  #saw(id, { first, last, rep, display, at }) {
    const held = this.contacts.peek().get(id);
    if (!held) return;
    if (held.loading) void this.load(id); // what is on its way may be older
    for (const message of held.messages) {
      const is = message.seq >= first && message.seq <= last && message.from.rep !== rep;
      if (is && !message.seen?.some((one) => one.rep === rep)) message.seen = [...message.seen ?? [], { rep, display, at }];
    }
    this.contacts.touch();
  }

  /** How a message of ours fares on its way by mail. @param {number} id @param {number} seq @param {import('../../protocol.d.ts').Sending} sending */
  #fares(id, seq, { state, said, to, at, returned_at }) {
    const held = this.contacts.peek().get(id);
    const message = held?.messages.find((one) => one.seq === seq);
    if (!held || !message) return;
    message.delivery = { state, said, to, at, returned_at };
    if (held.loading || to === undefined) void this.load(id); // its row could not be read just now
    this.contacts.touch();
  }

  /** A letter that carries no message is new, or fares differently. @param {number} id @param {import('../../protocol.d.ts').Letter} letter */
  #wrote(id, letter) {
    const held = this.contacts.peek().get(id);
    if (!held) return;
    held.letters = [...(held.letters ?? []).filter((one) => one.id !== letter.id), letter].sort((a, b) => a.id - b.id);
    if (held.loading) void this.load(id); // what is on its way may be older
    this.contacts.touch();
  }

  /** @param {number} id @param {boolean} on */
  #typed(id, on) {
    const held = this.contacts.peek().get(id);
    clearTimeout(this.#typing.get(id));
    if (!held) return;
    if (on) this.#typing.set(id, setTimeout(() => this.#typed(id, false), TYPING_MS));
    if (held.typing === on) return;
    held.typing = on;
    this.contacts.touch();
  }

  /** @param {OfferedContact} contact */
  #escalated(contact) {
    if (!this.alarms.peek().has(contact.id)) this.notices.escalated(contact);
    this.alarms.peek().set(contact.id, contact);
    this.alarms.touch();
  }

  /** @param {number[]} open the emergencies nobody has acknowledged */
  #acknowledged(open) {
    for (const id of [...this.alarms.peek().keys()]) if (!open.includes(id)) this.silence(id);
  }

  /** @param {number} id */
  silence(id) {
    if (this.alarms.peek().delete(id)) this.alarms.touch();
  }

  // which conversations are open

  /** Open a contact: where it is open already, else in an empty column, else in the column in focus. @param {number} id */
  open(id) {
    const panes = [...this.panes.peek()];
    let at = panes.indexOf(id);
    if (at < 0) at = panes[this.focus.peek()] === null ? this.focus.peek() : panes.indexOf(null);
    if (at < 0) at = this.focus.peek();
    panes[at] = id;
    this.panes.set(panes);
    this.focus.set(at);
  }

  /** @param {number} columns */
  setColumns(columns) {
    const wanted = Math.min(COLUMNS, Math.max(1, columns));
    const open = this.panes.peek();
    const first = open[this.focus.peek()];
    const panes = wanted >= open.length ? [...open] : [...new Set([first, ...open])].filter((id) => id !== null).slice(0, wanted);
    while (panes.length < wanted) panes.push(null);
    this.panes.set(panes);
    this.focus.set(Math.max(0, panes.indexOf(first)));
    this.#fillPanes();
  }

  /** An empty column takes the next contact that needs someone. */
  #fillPanes() {
    const panes = [...this.panes.peek()];
    const rest = byNeedOfUs(this.contacts.peek()).filter((held) => held.stage !== 'parked' && !panes.includes(held.id));
    for (let i = 0; i < panes.length && rest.length > 0; i += 1) if (panes[i] === null) panes[i] = rest.shift()?.id ?? null;
    if (panes.some((id, i) => id !== this.panes.peek()[i])) this.panes.set(panes);
  }

  /** The contact in focus. Tracks. @returns {Held | undefined} */
  current() {
    const id = this.panes.get()[this.focus.get()];
    return id === null || id === undefined ? undefined : this.contacts.get().get(id);
  }
}

/** @param {Held | undefined} held @param {Contact} contact @param {boolean} whole @returns {Held} */
function merged(held, contact, whole) {
  const { messages: fresh, ...fields } = contact;
  /** @type {Message[]} */
  const messages = [...(fresh ?? [])];
  for (const message of held?.messages ?? []) if (!messages.some((m) => m.seq === message.seq)) messages.push(message);
  messages.sort((a, b) => a.seq - b.seq);
  const customer_read = Math.max(held?.customer_read ?? 0, contact.customer_read ?? 0);
  const complete = whole || held?.complete === true;
  const reason = contact.reason ?? held?.reason ?? null; // told with the offer only
  return Object.assign(held ?? { typing: false, loading: false }, fields, { messages, customer_read, complete, reason });
}

/** The last thing said by the customer or to them; notes are not said to anyone. @param {Held} held */
export function lastSaid(held) {
  return held.messages.findLast((message) => message.from.by === 'customer' || message.from.by === 'rep');
}

/** Does the customer wait for us? @param {Held} held */
export function awaitsReply(held) {
  return held.stage === 'active' && (lastSaid(held)?.from.by ?? 'customer') === 'customer';
}

/** Since when the customer has waited for our answer. @param {Held} held */
export function waitingSince(held) {
  const said = held.messages.filter((message) => message.from.by === 'customer' || message.from.by === 'rep');
  const answered = said.findLastIndex((message) => message.from.by === 'rep');
  return said[answered + 1]?.at ?? held.since;
}

/** @typedef {'reply' | 'active' | 'wrap_up' | 'parked'} Group */

/** @param {Held} held @returns {Group} */
export function group(held) {
  if (held.stage === 'parked') return 'parked';
  if (held.stage === 'wrap_up') return 'wrap_up';
  return awaitsReply(held) ? 'reply' : 'active';
}

/** @type {Group[]} */
export const GROUPS = ['reply', 'active', 'wrap_up', 'parked'];

/**
 * As the list on the left has them: by group; emergencies, then those who wait on the line, then those who wait for mail; the longest
 * waiting first.
 * @param {Map<number, Held>} contacts
 */
export function byNeedOfUs(contacts) {
  const rank = (/** @type {Held} */ held) => GROUPS.indexOf(group(held)) * 3 + (held.urgency === 'emergency' ? 0 : isLive(held.channel) ? 1 : 2);
  return [...contacts.values()].sort((a, b) => rank(a) - rank(b) || waitingSince(a) - waitingSince(b) || a.id - b.id);
}

/** Emergencies first, then as they came. @param {Map<number, Offer>} offers */
export function inOrder(offers) {
  return [...offers.values()].sort((a, b) => URGENCIES.indexOf(a.contact.urgency) - URGENCIES.indexOf(b.contact.urgency)
    || (a.expires_at ?? Infinity) - (b.expires_at ?? Infinity) || a.id - b.id);
}

/** What to call the person or, when they gave no name, the request. @param {Contact} contact */
export function personName(contact) {
  return contact.party?.name || contact.party?.email || contact.party?.phone || contact.reference;
}
