// @ts-check
// Messages on their way to the server. Each carries its own id, so sending it again after a cut or a reload is harmless, and none is
// forgotten: what was not answered is kept in this browser and sent again.

import { Problem, request, sentence } from '../api.js';
import { signal } from '../signal.js';
import { read, write } from './drafts.js';

/**
 * @typedef {object} Pending
 * @property {string} client_id
 * @property {number} contact
 * @property {string} text
 * @property {'reply' | 'note'} kind
 * @property {number} at our clock, ms
 * @property {'sending' | 'waiting' | 'refused'} state
 * @property {string} [problem]
 */

export class Outbox {
  items = signal(/** @type {Pending[]} */ ([]));
  #key;
  #kept;

  /** @param {number} rep @param {(contact: number, message: import('../../protocol.d.ts').Message) => void} kept */
  constructor(rep, kept) {
    this.#key = `steelbridge.outbox.${rep}`;
    this.#kept = kept;
    const stored = read(this.#key);
    if (Array.isArray(stored)) this.items.set(stored.map((item) => ({ ...item, state: 'waiting' })));
  }

  /** @param {number} contact @param {'reply' | 'note'} kind @param {string} text */
  send(contact, kind, text) {
    /** @type {Pending} */
    const item = { client_id: newId(), contact, kind, text, at: Date.now(), state: 'sending' };
    this.#change([...this.items.peek(), item]);
    return this.#post(item);
  }

  /** Try again what has not been answered. Called whenever the line is back. */
  async resend() {
    for (const item of this.items.peek()) if (item.state === 'waiting') await this.#post(item);
  }

  /** @param {Pending} item */
  retry(item) {
    return this.#post(item);
  }

  /** The server has it: it came back over the live connection, perhaps before the answer. @param {string} clientId */
  arrived(clientId) {
    if (this.items.peek().some((item) => item.client_id === clientId)) {
      this.#change(this.items.peek().filter((item) => item.client_id !== clientId));
    }
  }

  /** @param {Pending} item */
  discard(item) {
    this.#change(this.items.peek().filter((other) => other.client_id !== item.client_id));
  }

  /** @param {Pending} item */
  async #post(item) {
    this.#mark(item, 'sending');
    const path = `/contacts/${item.contact}/${item.kind === 'note' ? 'notes' : 'messages'}`;

    try {
      const message = /** @type {import('../../protocol.d.ts').Message} */ (await request('POST', path, { text: item.text, client_id: item.client_id }));
      this.#kept(item.contact, message);
      this.discard(item);
    } catch (error) {
      const again = error instanceof Problem && error.passing;
      this.#mark(item, again ? 'waiting' : 'refused', sentence(error));
      if (again) setTimeout(() => { if (item.state === 'waiting' && this.items.peek().includes(item)) void this.#post(item); }, 5_000);
    }
  }

  /** @param {Pending} item @param {Pending['state']} state @param {string} [problem] */
  #mark(item, state, problem) {
    item.state = state;
    item.problem = problem;
    this.#change([...this.items.peek()]);
  }

  /** @param {Pending[]} items */
  #change(items) {
    this.items.set(items);
    write(this.#key, items);
  }
}

/** 128 random bits. `crypto.randomUUID` is missing on plain http. */
function newId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
