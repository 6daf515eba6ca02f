// @ts-check
// What a rep has begun to write, kept in this browser until it is sent: it survives a crash, a reload and a lost connection (REP7).

/** @typedef {{ reply: string, note: string, mode: 'reply' | 'note' }} Draft */

const PREFIX = 'steelbridge.draft.';

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

  /** Forget what was begun on contacts that are no longer here: it is about people. @param {Set<number>} open */
  keepOnly(open) {
    for (const key of Object.keys(localStorage)) {
      if (key.startsWith(this.#prefix) && !open.has(Number(key.slice(this.#prefix.length)))) localStorage.removeItem(key);
    }
  }
}

/** @param {string} key @returns {any} */
export function read(key) {
  try {
    return JSON.parse(localStorage.getItem(key) ?? 'null');
  } catch {
    return null;
  }
}

/** A full or forbidden store is no reason to stop working. @param {string} key @param {unknown} value */
export function write(key, value) {
  try {
    localStorage.setItem(key, JSON.stringify(value));
  } catch { /* the text is still on screen */ }
}
