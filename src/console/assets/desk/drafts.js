// @ts-check
// What a rep has begun to write, kept in this browser until it is sent: it survives a crash, a reload and a lost connection (REP7).

/** @typedef {{ reply: string, note: string, mode: 'reply' | 'note' }} Draft */

const PREFIX = 'steelbridge.draft.';
/** A parked contact that comes back is on offer for a while, and perhaps in line: its draft waits this long. */
const AWAY_MS = 3_600_000;

export class Drafts {
  #prefix;

  /** @param {number} rep */
  constructor(rep) {
    this.#prefix = `${PREFIX}${rep}.`;
  }

  /** @param {number} contact @returns {Draft | null} */
  get(contact) {
    const stored = read(this.#prefix + contact);
    return stored && typeof stored.reply === 'string' && typeof stored.note === 'string'
      ? { reply: stored.reply, note: stored.note, mode: stored.mode === 'note' ? 'note' : 'reply' } : null;
  }

  /** @param {number} contact @param {Draft} draft */
  set(contact, draft) {
    if (draft.reply === '' && draft.note === '') this.drop(contact);
    else write(this.#prefix + contact, draft);
  }

  /** @param {number} contact */
  drop(contact) {
    localStorage.removeItem(this.#prefix + contact);
  }

  /** Forget what was begun on contacts that have been away from here for long: it is about people. @param {Set<number>} open */
  keepOnly(open) {
    for (const key of this.#keys()) {
      if (open.has(Number(key.slice(this.#prefix.length)))) continue;
      const draft = read(key);
      if (typeof draft?.gone !== 'number') write(key, { ...draft, gone: Date.now() });
      else if (Date.now() - draft.gone > AWAY_MS) localStorage.removeItem(key);
    }
  }

  /** Forget all of them. */
  clear() {
    for (const key of this.#keys()) localStorage.removeItem(key);
  }

  #keys() {
    return Object.keys(localStorage).filter((key) => key.startsWith(this.#prefix));
  }
}

/** @param {string} key @returns {any} */
export function read(key, store = localStorage) {
  try {
    return JSON.parse(store.getItem(key) ?? 'null');
  } catch {
    return null;
  }
}

/** A full or forbidden store is no reason to stop working. @param {string} key @param {unknown} value */
export function write(key, value, store = localStorage) {
  try {
    store.setItem(key, JSON.stringify(value));
  } catch { /* the text is still on screen */ }
}
