// @ts-check
// The chat page: opens a conversation, shows it, and says honestly how it stands. Texts are only ever text nodes.

import { Composer } from "./chat-composer.js";
import { Surroundings } from "./chat-frame.js";
import { ChatLine } from "./chat-line.js";
import { MessageLog } from "./chat-log.js";
import { Opening } from "./chat-opening.js";
import { data, piece, say } from "./chat-page.js";
import * as standing from "./chat-standing.js";
import { store } from "./chat-store.js";

/** @import { Way } from "./chat-store.js" */

/** A place in line is read aloud at most this often, in milliseconds. */
const SAY_PLACE_EVERY = 60_000;

class ChatThread extends HTMLElement {
  /** How often a tab that looks away was told something. */
  unread = 0;
  readUpTo = 0;
  placeSaidAt = -Infinity;
  wasBroken = false;
  /** @type {number | undefined} */
  lineTimer = undefined;

  connectedCallback() {
    if (this.log) return; // moved, not made
    this.hidden = false;
    this.log = new MessageLog(piece("log"), piece("newer"), data.lang, say);
    this.around = new Surroundings(data.parent);
    this.opening = new Opening((way) => this.enter(way, true));
    this.composer = new Composer({
      put: (text, upload) => this.put(text, upload),
      typing: (on) => this.line?.typing(on),
      announce: (text) => this.announce(text),
    });
    /** @type {ChatLine | null} */
    this.line = null;
    /** @type {any} */
    this.state = null;
    this.listen();
    this.around.onTold = (told) => this.opening?.prefill(told);
    if (store.way) this.enter(store.way);
    else this.opening.resume();
    this.around.ready();
  }

  get confirm() {
    return /** @type {HTMLDialogElement} */ (piece("confirm"));
  }

  listen() {
    document.addEventListener("click", (event) => {
      const button = event.target instanceof Element ? event.target.closest("[data-do]") : null;
      if (button instanceof HTMLElement) this.do(button.dataset.do ?? "");
    });
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !event.isComposing && !this.confirm.open) this.around?.close();
    });
    document.addEventListener("visibilitychange", () => this.markRead());
    window.addEventListener("focus", () => this.markRead());
    this.log?.addEventListener("read", () => this.markRead());
    this.log?.addEventListener("again", (event) => {
      const { text, upload } = /** @type {CustomEvent} */ (event).detail;
      this.put(text, upload);
    });
    store.onOpenedElsewhere(() => !this.line && store.way && this.enter(store.way));
  }

  /** @param {string} what */
  do(what) {
    if (what === "close") this.around?.close();
    else if (what === "newest") this.log?.toNewest();
    else if (what === "new") this.startAnew();
    else if (what === "end") this.confirm.showModal();
    else if (what === "end-no") this.confirm.close();
    else if (what === "end-yes") {
      this.confirm.close();
      this.line?.finish();
    }
  }

  startAnew() {
    this.readUpTo = 0;
    this.line?.end();
    this.line = null;
    store.forget();
    this.log?.clear();
    this.state = null;
    piece("room").hidden = true;
    this.opening?.anew();
    this.around?.talking(false);
  }

  /**
   * @param {Way} way
   * @param {boolean} [fresh] the person has just opened it
   */
  enter(way, fresh = false) {
    this.opening?.hide();
    piece("room").hidden = false;
    piece("reference").textContent = way.reference;
    const transcript = /** @type {HTMLAnchorElement} */ (piece("transcript"));
    transcript.href = `${way.status}?view=transcript&lang=${encodeURIComponent(data.lang)}`;
    if (this.log) this.log.files = `${way.status}/files/`;
    this.composer?.resume();
    this.around?.talking(true);
    const line = new ChatLine({ token: way.token, locale: data.lang, unsent: store.unsent });
    this.line = line;
    line.unsent.forEach((message) => this.log?.pending(message));
    line.addEventListener("unsent", () => (store.unsent = line.unsent));
    line.addEventListener("frame", (event) => this.heard(/** @type {CustomEvent} */ (event).detail));
    line.addEventListener("open", () => this.connected());
    line.addEventListener("broken", () => this.broken());
    line.addEventListener("over", (event) => this.over(/** @type {CustomEvent} */ (event).detail));
    if (!fresh) return;
    this.composer?.box.focus({ preventScroll: true });
    window.scrollTo(0, 0); // the room is made to fit below the emergency notice
  }

  connected() {
    this.log?.live();
    if (this.wasBroken) this.announce(say("chat-online"), 4_000);
    this.wasBroken = false;
    this.removeAttribute("data-broken");
  }

  broken() {
    this.wasBroken = true;
    this.setAttribute("data-broken", "");
    piece("typing").textContent = "";
    this.announce(say("chat-offline"));
  }

  /** @param {"gone" | "tabs"} why */
  over(why) {
    if (why === "gone") {
      this.startAnew();
      this.opening?.wrong(say("chat-gone"));
    } else {
      this.announce(say("chat-tabs"));
    }
  }

  /** @param {any} frame */
  heard(frame) {
    switch (frame.type) {
      case "msg":
        this.log?.add(frame, this.state?.representative);
        if (frame.from === "representative") this.someoneWrote();
        break;
      case "ready":
        this.stands(frame);
        this.log?.repRead(frame.rep_read);
        this.markRead();
        break;
      case "state":
        this.stands(frame);
        break;
      case "typing":
        piece("typing").textContent = frame.on ? say("chat-typing", { name: this.rep() }) : "";
        break;
      case "read":
        this.log?.repRead(frame.seq);
        break;
      case "err":
        this.refused(frame);
        break;
    }
  }

  rep() {
    return this.state?.representative ?? say("conversation-rep");
  }

  someoneWrote() {
    piece("typing").textContent = "";
    if (!this.log?.isLive) return;
    if (this.looksAt()) this.markRead();
    else this.around?.unread((this.unread += 1));
  }

  looksAt() {
    return document.visibilityState === "visible" && this.around?.isOpen && this.log?.atNewest;
  }

  markRead() {
    const seq = this.log?.lastFromRep ?? 0;
    if (!this.line?.isReady || !this.looksAt()) return;
    this.unread = 0;
    this.around?.unread(0);
    if (seq > this.readUpTo) {
      this.readUpTo = seq;
      this.line.read(seq);
    }
  }

  /** @param {any} state */
  stands(state) {
    const before = this.state;
    this.state = state;
    if (state.notice) this.log?.notice(standing.noticeText(state, this.rep()));
    if (state.stage !== "active") piece("typing").textContent = "";
    piece("state").dataset.stage = state.stage;
    piece("state-title").textContent = standing.title(state);
    piece("state-more").textContent = standing.more(state);
    const closed = state.stage === "closed";
    const name = closed || state.stage === "waiting" ? "" : (state.representative ?? "");
    piece("face").textContent = [...name].slice(0, 1).join("").toLocaleUpperCase(data.lang);
    piece("end").hidden = closed;
    piece("new").hidden = !closed;
    this.sayPlace(before, state);
  }

  /**
   * The line moves often: it is read aloud when it matters, not each time.
   * @param {any} before
   * @param {any} now
   */
  sayPlace(before, now) {
    if (now.stage !== "waiting" || !now.place || (before?.stage === "waiting" && before.place === now.place)) return;
    const time = performance.now();
    if (now.place !== 1 && time - this.placeSaidAt < SAY_PLACE_EVERY) return;
    this.placeSaidAt = time;
    this.announce(standing.more(now), 1_000, true);
  }

  /**
   * Says something in the status line.
   * @param {string} text
   * @param {number} [forMs] then it is taken away
   * @param {boolean} [quietly] read aloud, not shown
   */
  announce(text, forMs, quietly = false) {
    const line = piece("line");
    window.clearTimeout(this.lineTimer);
    line.classList.toggle("chat-hidden", quietly);
    line.textContent = text;
    if (forMs) this.lineTimer = window.setTimeout(() => (line.textContent = ""), forMs);
  }

  /**
   * Sends it, and shows it as not yet kept.
   * @param {string} text
   * @param {string} [upload]
   * @returns {boolean} whether there is a conversation to say it in
   */
  put(text, upload) {
    if (!this.line) return false;
    const cid = this.line.send(text, upload);
    this.log?.pending({ cid, text, upload });
    this.log?.toNewest();
    return true;
  }

  /** @param {{code: string, cid?: string, retry_ms?: number}} err */
  refused(err) {
    if (err.code === "too_fast") return this.announce(say("chat-too-fast"), 5_000);
    if (err.cid && !err.retry_ms) this.log?.failed(err.cid);
  }
}

customElements.define("chat-thread", ChatThread);
