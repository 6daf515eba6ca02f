// @ts-check
// The one live connection of a staff page. It says hello with the last position it knows, takes a snapshot or what it missed, and
// when it is cut it says so at once, waits a jittered while and comes back. What is on screen meanwhile is marked as old.

import { doubt, heardAt } from './clock.js';
import { Problem, request } from './api.js';

/** @typedef {import('../protocol.d.ts').Frame} Frame */
/**
 * `live`: what is on screen is current. `opening`: the first connection is under way. `cut`: it was lost at `since`; the next try is
 * at `retryAt` (ms, our clock; 0 while trying). `over`: the session ended.
 * @typedef {{ kind: 'opening' } | { kind: 'live' } | { kind: 'cut', since: number, retryAt: number } | { kind: 'over' }} LinkState
 */

/** The server beats every 25 s; this long without any frame and the line is dead though nobody said so. */
const SILENCE_MS = 40_000;
/** Long enough for a slow TLS handshake, short enough not to look stuck. */
const OPEN_MS = 10_000;
const FIRST_BACKOFF_MS = 400;
const LAST_BACKOFF_MS = 15_000;
/** The close code that says so. */
const SESSION_OVER = 4401;
/** Frames whose `seq` is a position to resume from. */
const JOURNALLED = new Set(['offer', 'offer_gone', 'contact', 'contact_gone', 'message', 'presence', 'emergency']);

export class Live {
  /** @type {WebSocket | null} */ #socket = null;
  /** @type {number | null} */ #after = null;
  /** @type {LinkState} */ #state = { kind: 'opening' };
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #timer;
  #heard = 0;
  #failures = 0;
  #ended = false;
  #onFrame;
  #onState;

  /** @param {(frame: Frame) => void} onFrame @param {(state: LinkState) => void} onState */
  constructor(onFrame, onState) {
    this.#onFrame = onFrame;
    this.#onState = onState;
  }

  start() {
    addEventListener('online', () => this.retryNow());
    addEventListener('offline', () => this.#cut());
    document.addEventListener('visibilitychange', () => {
      if (!document.hidden && this.#state.kind === 'cut') this.retryNow();
    });
    setInterval(() => {
      if (this.#socket && this.#state.kind === 'live' && Date.now() - this.#heard > SILENCE_MS) this.#cut();
    }, 5_000);
    this.#open();
  }

  /** Do not wait for the back-off. */
  retryNow() {
    if (this.#state.kind !== 'cut' || this.#socket) return;
    clearTimeout(this.#timer);
    this.#open();
  }

  /** Stop for good: the session is over. */
  end() {
    this.#ended = true;
    clearTimeout(this.#timer);
    this.#drop();
    this.#tell({ kind: 'over' });
  }

  #open() {
    if (this.#ended) return;
    if (this.#state.kind === 'cut') this.#tell({ ...this.#state, retryAt: 0 });
    const url = new URL('/api/v1/live', location.href);
    url.protocol = url.protocol.replace('http', 'ws');
    const socket = new WebSocket(url);
    this.#socket = socket;
    this.#timer = setTimeout(() => this.#cut(), OPEN_MS);
    socket.onopen = () => socket.send(JSON.stringify({ hello: { after: this.#after } }));
    socket.onmessage = (event) => this.#hear(socket, event.data);
    socket.onclose = (event) => {
      if (socket !== this.#socket) return;
      if (event.code === SESSION_OVER) this.end();
      else this.#cut();
    };
  }

  /** @param {WebSocket} socket @param {unknown} data */
  #hear(socket, data) {
    if (socket !== this.#socket || typeof data !== 'string') return;
    this.#heard = Date.now();
    /** @type {Frame} */
    const frame = JSON.parse(data);
    if (frame.type === 'bye') return this.#cut(frame.retry_ms);
    if ('at' in frame && typeof frame.at === 'number') heardAt(frame.at);
    if (this.#state.kind !== 'live') {
      clearTimeout(this.#timer);
      this.#failures = 0;
      this.#tell({ kind: 'live' });
    }
    if (frame.type === 'hb') socket.send('{"hb":{}}');
    this.#onFrame(frame);
    if (frame.type === 'snapshot') this.#after = frame.seq;
    else if (JOURNALLED.has(frame.type) && typeof frame.seq === 'number') this.#after = Math.max(this.#after ?? 0, frame.seq);
  }

  /** The line is gone: say so, and come back after a while. @param {number} [wait] asked for by the server, in ms */
  #cut(wait) {
    if (this.#ended) return;
    this.#drop();
    clearTimeout(this.#timer);
    doubt();
    const delay = backoff(this.#failures, wait);
    this.#failures += 1;
    const since = this.#state.kind === 'cut' ? this.#state.since : Math.max(this.#heard, 0) || Date.now();
    this.#tell({ kind: 'cut', since, retryAt: Date.now() + delay });
    this.#timer = setTimeout(() => this.#open(), delay);
    if (this.#failures % 3 === 2) void this.#stillSignedIn();
  }

  #drop() {
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }

  /** A refused handshake does not tell why; the session may be over. */
  async #stillSignedIn() {
    try {
      await request('GET', '/me');
    } catch (error) {
      if (error instanceof Problem && error.status === 401) this.end();
    }
  }

  /** @param {LinkState} state */
  #tell(state) {
    this.#state = state;
    this.#onState(state);
  }
}

/**
 * Full jitter: any time up to the doubled bound, so that a thousand consoles do not come back in one second.
 * @param {number} failures @param {number} [wait]
 */
export function backoff(failures, wait) {
  if (wait !== undefined) return wait * (1 + Math.random() / 2);
  const bound = Math.min(LAST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** failures);
  return bound / 4 + Math.random() * bound * 0.75;
}
