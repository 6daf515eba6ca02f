// @ts-check
// The site around the chat, when it is shown in a frame: speaks with the loader, to one exact origin and from one exact window.

export class Surroundings {
  /** @param {string | null} parent origin of the site around, already checked by the server */
  constructor(parent) {
    this.parent = window.parent === window ? null : parent;
    /** The window is shown; alone on a page it always is. */
    this.isOpen = this.parent === null;
    /** @type {(told: Record<string, unknown>) => void} */
    this.onTold = () => {};
    window.addEventListener("message", (event) => {
      if (!this.parent || event.source !== window.parent || event.origin !== this.parent) return;
      this.heard(event.data);
    });
  }

  /** @param {any} said */
  heard(said) {
    if (said?.steelbridge === "shown") {
      this.isOpen = Boolean(said.open);
      if (this.isOpen) this.focus();
      window.dispatchEvent(new Event("focus")); // what is shown now is read
    } else if (said?.steelbridge === "identify" && typeof said.person === "object" && said.person) {
      this.onTold(said.person);
    }
  }

  /** Where a person goes on: the field to write in, or what stands in its place. */
  focus() {
    const fields = ["#chat-message", "#chat-text", ".chat-closed a", ".chat-close"];
    const found = fields.map((field) => document.querySelector(field));
    const shown = found.find((field) => field instanceof HTMLElement && field.offsetParent);
    if (shown instanceof HTMLElement) shown.focus();
  }

  ready() {
    this.post({ steelbridge: "ready" });
  }

  close() {
    this.post({ steelbridge: "close" });
  }

  /** @param {number} count messages not seen yet */
  unread(count) {
    this.post({ steelbridge: "unread", count });
  }

  /** @param {boolean} on there is a conversation */
  talking(on) {
    this.post({ steelbridge: "talking", on });
  }

  /** @param {object} message */
  post(message) {
    if (this.parent) window.parent.postMessage(message, this.parent);
  }
}
