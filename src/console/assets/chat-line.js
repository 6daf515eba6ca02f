// @ts-check
// The line to the server: stays open over bad connections, resumes by number, and sends again what was not acknowledged.

import { randomId } from "./chat-store.js";

/** @import { Unsent } from "./chat-store.js" */

/** The first and the longest wait before trying again, in milliseconds; each wait is a random part of its turn (full jitter). */
const FIRST_WAIT = 500;
const LONGEST_WAIT = 30_000;
/** The server says something every 25 s. After this much silence the line is dead, whatever the browser believes. */
const SILENCE = 60_000;
/** How long a line that is asked may take to show that it lives. */
const SIGN_OF_LIFE = 5_000;
/** Close codes after which coming back is no use. */
const FOR_GOOD = new Map([[4400, "gone"], [4401, "gone"], [4429, "tabs"]]);

/**
 * Tells, as `CustomEvent`s: `frame` (what the server said), `open` (ready), `broken` (trying again), `over` (with `gone` or `tabs`),
 * `unsent` (the list has changed).
 */
export class ChatLine extends EventTarget {
  /**
   * @param {object} how
   * @param {string} how.token
   * @param {string} how.locale
   * @param {Unsent[]} how.unsent
   */
  constructor({ token, locale, unsent }) {
    super();
    this.token = token;
    this.locale = locale;
    /** @type {Unsent[]} */
    this.unsent = unsent;
    /** The last message this page shows. */
    this.lastSeq = 0;
    this.tries = 0;
    this.isReady = false;
    this.isOver = false;
    /** @type {WebSocket | null} */
    this.socket = null;
    /** @type {number | undefined} */
    this.retryTimer = undefined;
    /** @type {number | undefined} */
    this.silenceTimer = undefined;
    this.typedAt = 0;
    this.wake = () => this.check();
    window.addEventListener("online", this.wake);
    document.addEventListener("visibilitychange", this.wake);
    this.connect();
  }

  connect() {
    window.clearTimeout(this.retryTimer);
    if (this.isOver || this.socket) return;
    const address = new URL("/chat/socket", window.location.href);
    address.protocol = address.protocol.replace("http", "ws");
    const socket = new WebSocket(address, "steelbridge.chat.v1");
    this.socket = socket;
    this.expectWithin(SILENCE);
    socket.addEventListener("open", () => this.hello(this.lastSeq));
    socket.addEventListener("message", (event) => {
      if (this.socket === socket) this.heard(JSON.parse(event.data));
    });
    socket.addEventListener("close", (event) => {
      if (this.socket === socket) this.broken(event.code);
    });
  }

  /** @param {number} lastSeq */
  hello(lastSeq) {
    this.say({ type: "hello", token: this.token, last_seq: lastSeq, locale: this.locale });
  }

  /** @param {any} frame */
  heard(frame) {
    this.expectWithin(SILENCE);
    switch (frame.type) {
      case "msg":
        this.lastSeq = Math.max(this.lastSeq, frame.seq);
        if (frame.cid) this.acknowledged(frame.cid);
        break;
      case "ack":
        this.acknowledged(frame.cid);
        break;
      case "err":
        if (frame.cid) this.refused(frame);
        break;
      case "resync":
        this.hello(frame.last_seq);
        break;
      case "bye":
        this.retryAfter = frame.retry_ms;
        break;
      case "ready":
        this.isReady = true;
        this.tries = 0;
        this.tell("frame", frame);
        this.tell("open");
        this.unsent.forEach((message) => this.put(message));
        return;
    }
    this.tell("frame", frame);
  }

  /** @param {string} cid */
  acknowledged(cid) {
    this.keep(this.unsent.filter((message) => message.cid !== cid));
  }

  /** @param {{cid: string, code: string, retry_ms?: number}} err */
  refused(err) {
    const message = this.unsent.find((one) => one.cid === err.cid);
    if (!message) return;
    if (err.retry_ms) window.setTimeout(() => this.isReady && this.put(message), err.retry_ms);
    else this.acknowledged(err.cid); // it will never be taken: the page shows why
  }

  /** @param {Unsent[]} unsent */
  keep(unsent) {
    this.unsent = unsent;
    this.tell("unsent", unsent);
  }

  /** @param {number} code */
  broken(code) {
    this.socket = null;
    this.isReady = false;
    window.clearTimeout(this.silenceTimer);
    const over = FOR_GOOD.get(code);
    if (over) {
      this.end();
      this.tell("over", over);
      return;
    }
    if (this.isOver) return;
    this.tell("broken");
    const longest = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** this.tries);
    this.tries += 1;
    const wait = this.retryAfter ?? Math.random() * longest;
    this.retryAfter = undefined;
    this.retryTimer = window.setTimeout(() => this.connect(), wait);
  }

  /** The network is back, or the page is looked at again: try now, or ask whether the line still lives. */
  check() {
    if (document.visibilityState === "hidden") return;
    if (!this.socket) this.connect();
    else if (this.isReady) {
      this.say({ type: "hb" });
      this.expectWithin(SIGN_OF_LIFE);
    }
  }

  /** @param {number} ms */
  expectWithin(ms) {
    window.clearTimeout(this.silenceTimer);
    this.silenceTimer = window.setTimeout(() => {
      this.socket?.close();
      this.broken(1006); // a dead connection's own close event can take minutes
    }, ms);
  }

  /** @param {object} frame */
  say(frame) {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(frame));
  }

  /** @param {Unsent} message */
  put({ cid, text, upload }) {
    this.say(upload ? { type: "attach", cid, upload_id: upload } : { type: "msg", cid, text });
  }

  /**
   * Sends a message, now or as soon as the line is back.
   * @param {string} text
   * @param {string} [upload]
   * @returns {string} its client id
   */
  send(text, upload) {
    const message = { cid: randomId(), text, upload };
    this.keep([...this.unsent, message]);
    if (this.isReady) this.put(message);
    this.typedAt = 0;
    return message.cid;
  }

  /** @param {boolean} on */
  typing(on) {
    const now = performance.now();
    if (!this.isReady || (on && this.typedAt && now - this.typedAt < 2_500) || (!on && !this.typedAt)) return;
    this.typedAt = on ? now : 0;
    this.say({ type: "typing", on });
  }

  /** @param {number} seq */
  read(seq) {
    this.say({ type: "read", seq });
  }

  /** The person ends the conversation. */
  finish() {
    this.say({ type: "end" });
  }

  /** Hangs up for good. */
  end() {
    this.isOver = true;
    window.clearTimeout(this.retryTimer);
    window.clearTimeout(this.silenceTimer);
    window.removeEventListener("online", this.wake);
    document.removeEventListener("visibilitychange", this.wake);
    this.socket?.close(1000);
    this.socket = null;
  }

  /**
   * @param {string} type
   * @param {unknown} [detail]
   */
  tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
