// @ts-check
// How far this rep has read each conversation: told to the server, and kept here so that a reload does not make old messages new.

import { request } from '../api.js';
import { signal } from '../signal.js';
import { read, write } from './drafts.js';

/** Nobody reads faster; and what comes together is told together. */
const LOOK_MS = 400;

export class Reads {
  /** @type {Map<number, ReturnType<typeof setTimeout>>} */ #due = new Map();
  /** The first message of each conversation that was told as seen; since the page was loaded. @type {Map<number, number>} */ #from = new Map();
  #key;
  #upTo = signal(/** @type {Record<number, number>} */ ({}));

  /** @param {number} rep @param {(contact: number) => boolean} isHere is it still on this desk? */
  constructor(rep, isHere) {
    this.rep = rep;
    this.isHere = isHere;
    this.#key = `steelbridge.read.${rep}`;
    this.#upTo.set(read(this.#key) ?? {});
  }

  /** Messages of the customer not seen yet; what was answered was seen, if on another machine. Tracks. @param {import('./state.js').Held} held */
  unread(held) {
    const answered = held.messages.findLast((message) => message.from.by === 'rep')?.seq ?? 0;
    const upTo = Math.max(answered, this.#upTo.get()[held.id] ?? 0);
    return held.messages.filter((message) => message.from.by === 'customer' && message.seq > upTo).length;
  }

  /** The conversation is on screen and someone is looking; what one wrote oneself needs no telling. @param {import('./state.js').Held} held */
  seen(held) {
    const { messages } = held;
    let at = messages.findLastIndex((message) => message.from.rep !== this.rep);
    const last = messages[at]?.seq ?? 0;
    while (at > 0 && messages[at - 1].seq === messages[at].seq - 1) at -= 1; // before a gap nothing counts until it is filled
    const first = messages[at]?.seq ?? 0;
    const upTo = this.#upTo.peek()[held.id] ?? 0;
    if (last === 0 || (last <= upTo && first >= (this.#from.get(held.id) ?? Infinity))) return;
    this.#from.set(held.id, first);
    if (last > upTo) this.#change({ ...this.#upTo.peek(), [held.id]: last });
    clearTimeout(this.#due.get(held.id));
    this.#due.set(held.id, setTimeout(() => this.#tell(held.id, first, last), LOOK_MS));
  }

  /** A mark, not a message: if it is lost, the next one carries it. @param {number} contact @param {number} first @param {number} seq */
  #tell(contact, first, seq) {
    this.#due.delete(contact);
    if (this.isHere(contact)) request('POST', `/contacts/${contact}/read`, { first, seq }).catch(() => {});
  }

  /** @param {Set<number>} open */
  keepOnly(open) {
    for (const id of this.#from.keys()) if (!open.has(id)) this.#from.delete(id);
    this.#change(Object.fromEntries(Object.entries(this.#upTo.peek()).filter(([id]) => open.has(Number(id)))));
  }

  /** @param {Record<number, number>} upTo */
  #change(upTo) {
    this.#upTo.set(upTo);
    write(this.#key, upTo);
  }
}
