// @ts-check
// What the chat page gives its scripts: the room's settings, the texts in its language, and its parts.

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

/** @type {ChatData} */
export const data = JSON.parse(document.querySelector("chat-thread")?.getAttribute("data-room") ?? "{}");

/**
 * A text with its values put in.
 * @param {string} key
 * @param {Record<string, string | number>} [values]
 */
export function say(key, values = {}) {
  const text = data.texts[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
}

/**
 * @param {string} name
 * @returns {HTMLElement}
 */
export function piece(name) {
  const piece = document.querySelector(`[data-part="${name}"]`);
  if (!(piece instanceof HTMLElement)) throw new Error(`the page has no part ${name}`);
  return piece;
}

/**
 * Says beside a box what is wrong with it; an empty text says that nothing is.
 * @param {HTMLElement} error
 * @param {string} text
 * @param {HTMLElement} box
 */
export function wrong(error, text, box) {
  error.textContent = text;
  error.hidden = !text;
  if (text) box.setAttribute("aria-invalid", "true");
  else box.removeAttribute("aria-invalid");
}
