// @ts-check
// The chat page: opens a conversation, shows it, and says honestly how it stands. Texts are only ever text nodes.

import { ChatLine } from "./chat-line.js";
import { MessageLog } from "./chat-log.js";
import { store, randomId } from "./chat-store.js";
import { Surroundings } from "./chat-frame.js";

/** @import { Way } from "./chat-store.js" */

/**
 * @typedef {object} ChatData
 * @property {string} lang
 * @property {boolean} open
 * @property {number} text_max
 * @property {string | null} parent
 * @property {string | null} site
 * @property {string | null} service
 * @property {Record<string, string>} texts
 */

/** The largest file, in bytes; the server has the last word. */
const FILE_MAX = 10 * 1024 * 1024;
/** A place in line is read aloud at most this often, in milliseconds. */
const SAY_PLACE_EVERY = 60_000;
/** An opening that was under way when the page went is sent again for so long, in milliseconds. */
const OPENING_KEPT = 5 * 60_000;

/** @type {ChatData} */
const data = JSON.parse(document.getElementById("chat-data")?.textContent ?? "{}");

/**
 * A text with its values put in.
 * @param {string} key
 * @param {Record<string, string | number>} [values]
 */
function say(key, values = {}) {
  const text = data.texts[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
}

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
    this.log = new MessageLog(this.piece("log"), this.piece("newer"), data.lang, say);
    this.around = new Surroundings(data.parent);
    /** @type {ChatLine | null} */
    this.line = null;
    /** @type {any} */
    this.state = null;
    this.listen();
    this.around.onTold = (told) => this.prefill(told);
    if (store.way) this.enter(store.way);
    else if (store.opening && Date.now() - Number(store.opening.at) < OPENING_KEPT) this.open(store.opening);
    else this.startText.value = store.draft;
    this.around.ready();
  }

  /**
   * @param {string} name
   * @returns {HTMLElement}
   */
  piece(name) {
    const piece = this.querySelector(`[data-part="${name}"]`);
    if (!(piece instanceof HTMLElement)) throw new Error(`the page has no part ${name}`);
    return piece;
  }

  get start() {
    return /** @type {HTMLFormElement} */ (this.piece("start"));
  }
  get startText() {
    return /** @type {HTMLTextAreaElement} */ (this.start.elements.namedItem("text"));
  }
  get message() {
    return /** @type {HTMLTextAreaElement} */ (this.piece("message"));
  }
  get file() {
    return /** @type {HTMLInputElement} */ (this.piece("file"));
  }
  get confirm() {
    return /** @type {HTMLDialogElement} */ (this.piece("confirm"));
  }

  listen() {
    this.start.addEventListener("submit", (event) => {
      event.preventDefault();
      this.submitStart();
    });
    this.startText.addEventListener("input", () => (store.draft = this.startText.value));
    this.piece("compose").addEventListener("submit", (event) => {
      event.preventDefault();
      this.submitMessage();
    });
    this.message.addEventListener("keydown", (event) => this.key(event));
    this.message.addEventListener("input", () => this.typed());
    this.message.addEventListener("blur", () => this.line?.typing(false));
    this.file.addEventListener("change", () => this.upload());
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
    this.log?.addEventListener("again", (event) => this.again(/** @type {CustomEvent} */ (event).detail));
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

  // Opening a conversation.

  submitStart() {
    const text = this.startText.value.trim();
    if (!text) return this.wrongStart(say("error-required"), this.startText);
    const email = /** @type {HTMLInputElement} */ (this.start.elements.namedItem("email"));
    if (!email.validity.valid) return this.wrongStart(say("error-email"), email);
    const fields = new FormData(this.start);
    /** @type {Record<string, string>} */
    const opening = { text, client_id: randomId(), at: String(Date.now()) };
    for (const name of ["language", "name", "email"]) {
      const value = String(fields.get(name) ?? "").trim();
      if (value) opening[name] = value;
    }
    if (data.site) opening.site = data.site;
    if (data.service) opening.service = data.service;
    this.open(opening);
  }

  /**
   * Sends the opening; the same again is the same conversation.
   * @param {Record<string, string>} opening
   */
  async open(opening) {
    // The same words again go with the same number: an answer may have been lost.
    const before = store.opening;
    if (before && before.text === opening.text) opening.client_id = before.client_id;
    store.opening = opening;
    this.busyStart(true);
    const { at: _, ...body } = opening;
    try {
      const answer = await fetch("/chat/sessions", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      });
      const told = await answer.json();
      this.busyStart(false);
      if (answer.status === 201) this.opened(told, opening);
      else this.notOpened(answer, told, opening);
    } catch {
      this.busyStart(false);
      this.startText.value = opening.text;
      this.wrongStart(say("chat-unavailable"), this.startText);
    }
  }

  /**
   * @param {any} told
   * @param {Record<string, string>} opening
   */
  opened(told, opening) {
    store.opening = null;
    if (store.draft.trim() === opening.text) store.draft = "";
    store.way = { token: told.resume_token, reference: told.reference, status: told.status_url };
    this.enter(store.way, true);
  }

  /**
   * @param {Response} answer
   * @param {any} told
   * @param {Record<string, string>} opening
   */
  notOpened(answer, told, opening) {
    this.startText.value = opening.text;
    const retry = Number(answer.headers.get("retry-after") ?? 60);
    if (told.title === "Closed") {
      store.opening = null;
      this.showClosed(told.opens);
    } else if (answer.status === 429) {
      this.wrongStart(say("chat-busy", { minutes: Math.max(1, Math.ceil(retry / 60)) }), this.startText);
    } else if (answer.status === 422) {
      store.opening = null;
      this.wrongStart(told.field === "email" ? say("error-email") : String(told.detail), this.startText);
    } else {
      this.wrongStart(say("chat-unavailable"), this.startText);
    }
  }

  /** @param {string | null} opens when, in words */
  showClosed(opens) {
    this.piece("closed-text").textContent = opens ? say("closed-until", { when: opens }) : say("closed-now");
    this.piece("closed").hidden = false;
    this.piece("closed").querySelector("a")?.focus();
  }

  /** @param {boolean} busy */
  busyStart(busy) {
    const button = this.start.querySelector("button");
    if (!button) return;
    button.dataset.label ??= button.textContent ?? "";
    button.textContent = busy ? say("chat-starting") : button.dataset.label;
    button.setAttribute("aria-disabled", String(busy));
    this.piece("start-error").hidden = true;
    this.startText.removeAttribute("aria-invalid");
  }

  /**
   * @param {string} text
   * @param {HTMLElement} where
   */
  wrongStart(text, where) {
    const error = this.piece("start-error");
    error.textContent = text;
    error.hidden = false;
    where.setAttribute("aria-invalid", "true");
    where.focus();
  }

  /** @param {Record<string, unknown>} told who the site says the person is; what they typed themselves stands */
  prefill(told) {
    for (const name of ["name", "email"]) {
      const field = this.start.elements.namedItem(name);
      const value = told[name];
      if (field instanceof HTMLInputElement && !field.value && typeof value === "string") field.value = value;
    }
  }

  startAnew() {
    this.readUpTo = 0;
    this.line?.end();
    this.line = null;
    store.forget();
    this.log?.clear();
    this.state = null;
    this.piece("room").hidden = true;
    this.piece("closed").hidden = data.open;
    this.start.hidden = !data.open;
    this.startText.value = "";
    this.startText.focus();
    this.around?.talking(false);
  }

  // The conversation.

  /**
   * @param {Way} way
   * @param {boolean} [fresh] the person has just opened it
   */
  enter(way, fresh = false) {
    this.start.hidden = true;
    this.piece("closed").hidden = true;
    this.piece("room").hidden = false;
    this.piece("reference").textContent = way.reference;
    const transcript = /** @type {HTMLAnchorElement} */ (this.piece("transcript"));
    transcript.href = `${way.status}?view=transcript&lang=${encodeURIComponent(data.lang)}`;
    if (this.log) this.log.files = `${way.status}/files/`;
    this.message.value = store.draft;
    this.fit();
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
    this.message.focus({ preventScroll: true });
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
    this.piece("typing").textContent = "";
    this.announce(say("chat-offline"));
  }

  /** @param {"gone" | "tabs"} why */
  over(why) {
    if (why === "gone") {
      this.startAnew();
      this.wrongStart(say("chat-gone"), this.startText);
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
        this.piece("typing").textContent = frame.on ? say("chat-typing", { name: this.rep() }) : "";
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
    this.piece("typing").textContent = "";
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
    if (state.notice) this.log?.notice(this.noticeText(state));
    if (state.stage !== "active") this.piece("typing").textContent = "";
    this.piece("state").dataset.stage = state.stage;
    this.piece("state-title").textContent = this.stateTitle(state);
    this.piece("state-more").textContent = this.stateMore(state);
    const closed = state.stage === "closed";
    const name = closed || state.stage === "waiting" ? "" : (state.representative ?? "");
    this.piece("face").textContent = [...name].slice(0, 1).join("").toLocaleUpperCase(data.lang);
    this.piece("end").hidden = closed;
    this.piece("new").hidden = !closed;
    this.sayPlace(before, state);
  }

  /** @param {any} state */
  noticeText(state) {
    const name = this.rep();
    switch (state.notice) {
      case "joined": return say("chat-joined", { name });
      case "transferred": return say("chat-transferred", { name });
      case "representative_left": return say("chat-left");
      case "ended": return say("chat-ended");
      default: return say("chat-reopened");
    }
  }

  /** @param {any} state */
  stateTitle(state) {
    switch (state.stage) {
      case "waiting": return say("status-waiting");
      case "waiting_for_you": return say("status-yours");
      case "closed": return say("status-closed");
      default: return state.representative ? say("status-active", { name: state.representative }) : say("status-active-unnamed");
    }
  }

  /** @param {any} state */
  stateMore(state) {
    if (state.stage !== "waiting") return "";
    const wait = state.wait_text ? say("status-wait", { wait: state.wait_text }) : say("status-wait-unknown");
    return [this.placeText(state), wait].filter(Boolean).join(" · ");
  }

  /** @param {any} state */
  placeText(state) {
    if (!state.place) return "";
    if (state.place === 1) return say("status-next");
    return say(state.place >= 999 ? "status-place-far" : "status-place", { place: state.place });
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
    this.announce(this.stateMore(now), 1_000, true);
  }

  /**
   * Says something in the status line.
   * @param {string} text
   * @param {number} [forMs] then it is taken away
   * @param {boolean} [quietly] read aloud, not shown
   */
  announce(text, forMs, quietly = false) {
    const line = this.piece("line");
    window.clearTimeout(this.lineTimer);
    line.classList.toggle("chat-hidden", quietly);
    line.textContent = text;
    if (forMs) this.lineTimer = window.setTimeout(() => (line.textContent = ""), forMs);
  }

  // Writing.

  /** @param {KeyboardEvent} event */
  key(event) {
    // While an input method composes, Enter belongs to it (keyCode 229 in Safari, which ends composing one event too early).
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    this.submitMessage();
  }

  typed() {
    store.draft = this.message.value;
    this.fit();
    this.wrongMessage("");
    this.line?.typing(this.message.value.trim() !== "");
  }

  /** Grows with its text. */
  fit() {
    this.message.style.height = "auto";
    this.message.style.height = `${this.message.scrollHeight + 2}px`;
  }

  submitMessage() {
    const text = this.message.value.trim();
    if (!text || !this.line) return;
    if ([...text].length > data.text_max) return this.wrongMessage(say("error-too-long", { max: data.text_max }));
    this.put(text);
    this.message.value = "";
    store.draft = "";
    this.fit();
    this.wrongMessage("");
  }

  /**
   * @param {string} text
   * @param {string} [upload]
   */
  put(text, upload) {
    if (!this.line) return;
    const cid = this.line.send(text, upload);
    this.log?.pending({ cid, text, upload });
    this.log?.toNewest();
  }

  /** @param {{cid: string, text: string, upload?: string}} message */
  again(message) {
    this.put(message.text, message.upload);
  }

  /** @param {{code: string, cid?: string, retry_ms?: number}} err */
  refused(err) {
    if (err.code === "too_fast") return this.announce(say("chat-too-fast"), 5_000);
    if (err.cid && !err.retry_ms) this.log?.failed(err.cid);
  }

  async upload() {
    const file = this.file.files?.[0];
    this.file.value = "";
    if (!file || !store.way) return;
    if (file.size > FILE_MAX) return this.wrongMessage(say("error-file-size", { max: FILE_MAX / 1024 / 1024 }));
    this.announce(say("chat-attaching"));
    const body = new FormData();
    body.append("file", file, file.name);
    try {
      const headers = { authorization: `Bearer ${store.way.token}` };
      const answer = await fetch("/chat/uploads", { method: "POST", headers, body });
      this.announce("");
      if (answer.status === 201) {
        const kept = await answer.json();
        this.put(String(kept.name), String(kept.upload_id));
      } else if (answer.status === 413) {
        this.wrongMessage(say("error-file-size", { max: FILE_MAX / 1024 / 1024 }));
      } else {
        this.wrongMessage(say(answer.status === 415 ? "error-file-type" : "chat-not-sent"));
      }
    } catch {
      this.announce("");
      this.wrongMessage(say("chat-not-sent"));
    }
  }

  /** @param {string} text empty: nothing is wrong */
  wrongMessage(text) {
    const error = this.piece("compose-error");
    error.textContent = text;
    error.hidden = !text;
    if (text) this.message.setAttribute("aria-invalid", "true");
    else this.message.removeAttribute("aria-invalid");
  }
}

customElements.define("chat-thread", ChatThread);
