// @ts-check
// What a visitor's browser remembers: the way back into the conversation, the draft, and what is not acknowledged yet.

/**
 * @typedef {object} Way back into a conversation
 * @property {string} token
 * @property {string} reference
 * @property {string} status address of the request's page
 */

/**
 * @typedef {object} Unsent a message or file that the server has not acknowledged
 * @property {string} cid
 * @property {string} text
 * @property {string} [upload] id of an uploaded file
 */

/** A place to keep texts; in memory where the browser allows no other. */
class Box {
  /** @param {() => Storage} open */
  constructor(open) {
    /** @type {Map<string, string>} */
    this.memory = new Map();
    /** @type {Storage | null} */
    this.storage = null;
    try {
      this.storage = open();
      this.storage.getItem("steelbridge.chat"); // throws where storage is blocked
    } catch {
      this.storage = null;
    }
  }

  /**
   * @param {string} name
   * @returns {any}
   */
  get(name) {
    const key = `steelbridge.chat.${name}`;
    try {
      const text = this.storage ? this.storage.getItem(key) : this.memory.get(key);
      return text ? JSON.parse(text) : null;
    } catch {
      return null;
    }
  }

  /**
   * @param {string} name
   * @param {unknown} value `null` forgets
   */
  set(name, value) {
    const key = `steelbridge.chat.${name}`;
    if (value === null) this.memory.delete(key);
    else this.memory.set(key, JSON.stringify(value));
    try {
      if (value === null) this.storage?.removeItem(key);
      else this.storage?.setItem(key, JSON.stringify(value));
    } catch {
      this.storage = null; // full, or no longer allowed: go on in memory
    }
  }
}

/** Shared by all tabs: the conversation and its draft. */
const shared = new Box(() => window.localStorage);
/** This tab's own, kept over a reload: what it still has to send. */
const own = new Box(() => window.sessionStorage);

export const store = {
  /** @returns {Way | null} */
  get way() {
    const way = shared.get("way");
    return way && typeof way.token === "string" ? way : null;
  },
  set way(value) {
    shared.set("way", value);
  },
  /** @returns {string} */
  get draft() {
    return shared.get("draft") ?? "";
  },
  set draft(value) {
    shared.set("draft", value || null);
  },
  /** The opening request that is under way: sent again after a reload. @returns {Record<string, string> | null} */
  get opening() {
    return own.get("opening");
  },
  set opening(value) {
    own.set("opening", value);
  },
  /** @returns {Unsent[]} */
  get unsent() {
    return own.get("unsent") ?? [];
  },
  set unsent(value) {
    own.set("unsent", value.length ? value : null);
  },
  /** Forgets the conversation, not the draft. */
  forget() {
    shared.set("way", null);
    own.set("unsent", null);
    own.set("opening", null);
  },
  /**
   * Calls when another tab has opened a conversation.
   * @param {() => void} then
   */
  onOpenedElsewhere(then) {
    window.addEventListener("storage", (event) => {
      if (event.key === "steelbridge.chat.way" && event.newValue) then();
    });
  },
};

/** 256 random bits in base64url. */
export function randomId() {
  const bytes = crypto.getRandomValues(new Uint8Array(32));
  return btoa(String.fromCharCode(...bytes)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}
