// @ts-check
// The form that opens a conversation. The same words sent again open the same one: an answer may have been lost.

import { data, piece, say, wrong } from "./chat-page.js";
import { randomId, store } from "./chat-store.js";

/** @import { Way } from "./chat-store.js" */

/** An opening that was under way when the page went is sent again for so long, in milliseconds. */
const OPENING_KEPT = 5 * 60_000;

export class Opening {
  /** @param {(way: Way) => void} opened */
  constructor(opened) {
    this.whenOpened = opened;
    this.form = /** @type {HTMLFormElement} */ (piece("start"));
    this.text = /** @type {HTMLTextAreaElement} */ (this.form.elements.namedItem("text"));
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
    this.text.addEventListener("input", () => (store.draft = this.text.value));
  }

  /** What was under way goes on; else what was being written is there again. */
  resume() {
    if (store.opening && Date.now() - Number(store.opening.at) < OPENING_KEPT) this.send(store.opening);
    else this.text.value = store.draft;
  }

  submit() {
    const text = this.text.value.trim();
    if (!text) return this.wrong(say("error-required"), this.text);
    const email = /** @type {HTMLInputElement} */ (this.form.elements.namedItem("email"));
    if (!email.validity.valid) return this.wrong(say("error-email"), email);
    email.removeAttribute("aria-invalid");
    const fields = new FormData(this.form);
    /** @type {Record<string, string>} */
    const opening = { text, client_id: randomId(), at: String(Date.now()) };
    for (const name of ["language", "name", "email"]) {
      const value = String(fields.get(name) ?? "").trim();
      if (value) opening[name] = value;
    }
    if (data.site) opening.site = data.site;
    if (data.service) opening.service = data.service;
    this.send(opening);
  }

  /** @param {Record<string, string>} opening */
  async send(opening) {
    const before = store.opening;
    const same = (/** @type {string} */ name) => before?.[name] === opening[name];
    if (before && ["text", "language", "name", "email"].every(same)) opening.client_id = before.client_id;
    store.opening = opening;
    this.busy(true);
    const { at: _, ...body } = opening;
    try {
      const answer = await fetch("/chat/sessions", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      });
      const told = await answer.json();
      this.busy(false);
      if (answer.status === 201) this.opened(told, opening);
      else this.refused(answer, told, opening);
    } catch {
      this.busy(false);
      this.text.value = opening.text;
      this.wrong(say("chat-unavailable"), this.text);
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
    this.whenOpened(store.way);
  }

  /**
   * @param {Response} answer
   * @param {any} told
   * @param {Record<string, string>} opening
   */
  refused(answer, told, opening) {
    this.text.value = opening.text;
    const retry = Number(answer.headers.get("retry-after") ?? 60);
    if (told.title === "Closed") {
      store.opening = null;
      showClosed(told.opens);
    } else if (answer.status === 429) {
      this.wrong(say("chat-busy", { minutes: Math.max(1, Math.ceil(retry / 60)) }), this.text);
    } else if (answer.status === 422) {
      store.opening = null;
      this.wrong(told.field === "email" ? say("error-email") : String(told.detail), this.text);
    } else {
      this.wrong(say("chat-unavailable"), this.text);
    }
  }

  /** @param {boolean} busy */
  busy(busy) {
    const button = this.form.querySelector("button");
    if (!button) return;
    button.dataset.label ??= button.textContent ?? "";
    button.textContent = busy ? say("chat-starting") : button.dataset.label;
    button.setAttribute("aria-disabled", String(busy));
    wrong(piece("start-error"), "", this.text);
  }

  /**
   * @param {string} text
   * @param {HTMLElement} [where]
   */
  wrong(text, where = this.text) {
    wrong(piece("start-error"), text, where);
    where.focus();
  }

  /** @param {Record<string, unknown>} told who the site says the person is; what they typed themselves stands */
  prefill(told) {
    for (const name of ["name", "email"]) {
      const field = this.form.elements.namedItem(name);
      const value = told[name];
      if (field instanceof HTMLInputElement && !field.value && typeof value === "string") field.value = value;
    }
  }

  /** An empty form, if we are open. */
  anew() {
    piece("closed").hidden = data.open;
    this.form.hidden = !data.open;
    this.text.value = "";
    this.text.focus();
  }

  hide() {
    this.form.hidden = true;
    piece("closed").hidden = true;
  }
}

/** @param {string | null} opens when, in words */
function showClosed(opens) {
  piece("closed-text").textContent = opens ? say("closed-until", { when: opens }) : say("closed-now");
  piece("closed").hidden = false;
  piece("closed").querySelector("a")?.focus();
}
