// @ts-check
// The box below a conversation, and the file beside it.

import { data, piece, say, wrong } from "./chat-page.js";
import { store } from "./chat-store.js";

/** The largest file, in bytes; the server has the last word. */
const FILE_MAX = 10 * 1024 * 1024;

/** @typedef {{ put: (text: string, upload?: string) => boolean, typing: (on: boolean) => void, announce: (text: string) => void }} Conversation */

export class Composer {
  /** @param {Conversation} conversation */
  constructor(conversation) {
    this.conversation = conversation;
    this.box = /** @type {HTMLTextAreaElement} */ (piece("message"));
    this.file = /** @type {HTMLInputElement} */ (piece("file"));
    piece("compose").addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
    this.box.addEventListener("keydown", (event) => this.key(event));
    this.box.addEventListener("input", () => this.typed());
    this.box.addEventListener("blur", () => conversation.typing(false));
    this.file.addEventListener("change", () => this.upload());
  }

  /** What was being written is there again. */
  resume() {
    this.box.value = store.draft;
    this.fit();
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    // While an input method composes, Enter belongs to it (keyCode 229 in Safari, which ends composing one event too early).
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    this.submit();
  }

  typed() {
    store.draft = this.box.value;
    this.fit();
    this.wrong("");
    this.conversation.typing(this.box.value.trim() !== "");
  }

  /** Grows with its text. */
  fit() {
    this.box.style.height = "auto";
    this.box.style.height = `${this.box.scrollHeight + 2}px`;
  }

  submit() {
    const text = this.box.value.trim();
    if (!text) return;
    if ([...text].length > data.text_max) return this.wrong(say("error-too-long", { max: data.text_max }));
    if (!this.conversation.put(text)) return;
    this.box.value = "";
    store.draft = "";
    this.fit();
    this.wrong("");
  }

  async upload() {
    const file = this.file.files?.[0];
    this.file.value = "";
    if (!file || !store.way) return;
    if (file.size > FILE_MAX) return this.wrong(tooLarge());
    this.conversation.announce(say("chat-attaching"));
    const body = new FormData();
    body.append("file", file, file.name);
    try {
      const headers = { authorization: `Bearer ${store.way.token}` };
      const answer = await fetch("/chat/uploads", { method: "POST", headers, body });
      this.conversation.announce("");
      if (answer.status === 201) {
        const kept = await answer.json();
        this.conversation.put(String(kept.name), String(kept.upload_id));
      } else if (answer.status === 413) {
        this.wrong(tooLarge());
      } else {
        this.wrong(say(answer.status === 415 ? "error-file-type" : "chat-not-sent"));
      }
    } catch {
      this.conversation.announce("");
      this.wrong(say("chat-not-sent"));
    }
  }

  /** @param {string} text empty: nothing is wrong */
  wrong(text) {
    wrong(piece("compose-error"), text, this.box);
  }
}

function tooLarge() {
  return say("error-file-size", { max: FILE_MAX / 1024 / 1024 });
}
