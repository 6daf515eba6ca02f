// @ts-check
// Where a rep is writing: the box and the caret are found again after a reload, and letters meant for a box that has gone from under
// their hands are held back, so that they neither run as commands nor land in another person's conversation.

import { isEditable } from '../dom.js';
import { signal } from '../signal.js';
import { read, write } from './drafts.js';

/** @typedef {{ contact: number, start: number, end: number }} Caret */

const PREFIX = 'steelbridge.caret.';
/** What ends something is no command this long after the desk has filled: the hands may still be in the page before. */
const SETTLING_MS = 1_000;
/** Keys that change a text, beside those that are a letter. */
const EDITING = ['Enter', 'Backspace', 'Delete', 'Dead', 'Process'];

export class Writing {
  /** Letters are held back until the rep acts: by pointer, Tab, Escape or Alt with a key. */
  held = signal(false);
  /** How often a key went into a text. */
  typed = 0;
  /** The last key was typed text, and nothing was done since. */
  #inText = false;
  #filledAt = Infinity;
  #key;

  /** @param {number} rep */
  constructor(rep) {
    this.#key = PREFIX + rep;
    this.#inText = this.remembered() !== null;
    addEventListener('keydown', (event) => this.#pressed(event), { capture: true });
    addEventListener('pointerdown', () => this.#acts(), { capture: true });
    document.addEventListener('focusin', () => this.#remember());
    document.addEventListener('input', () => this.#remember());
    document.addEventListener('focusout', () => setTimeout(() => { if (!box()) write(this.#key, null, sessionStorage); }));
    addEventListener('pagehide', () => this.#remember());
  }

  /** Whoever signs in next starts afresh. */
  forget() {
    if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
    write(this.#key, null, sessionStorage);
  }

  /** The desk shows what the server has. */
  filled() {
    this.#filledAt = performance.now();
  }

  /** Has the desk only just filled? */
  get settling() {
    return performance.now() < this.#filledAt + SETTLING_MS || this.#filledAt === Infinity;
  }

  /** Where this tab was writing last. @returns {Caret | null} */
  remembered() {
    return read(this.#key, sessionStorage);
  }

  #remember() {
    const at = box();
    if (at) write(this.#key, { contact: Number(at.dataset.contact), start: at.selectionStart, end: at.selectionEnd }, sessionStorage);
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    if (event.key === 'Escape' || event.key === 'Tab' || (event.altKey && !event.getModifierState('AltGraph'))) return this.#acts();
    const text = !event.ctrlKey && !event.metaKey && (event.isComposing || event.key.length === 1 || EDITING.includes(event.key));
    if (!text) return;
    if (isEditable(event.target)) {
      // Enter in a field of one line sends its form: that is an act
      this.#inText = !(event.target instanceof HTMLSelectElement) && (event.target instanceof HTMLTextAreaElement || event.key !== 'Enter');
      this.held.set(false);
      this.typed += 1;
    } else if (this.#inText) {
      event.preventDefault();
      event.stopImmediatePropagation();
      this.held.set(true);
    }
  }

  #acts() {
    this.#inText = false;
    this.held.set(false);
  }
}

/** The box that has the focus. */
function box() {
  const at = document.activeElement;
  return at instanceof HTMLTextAreaElement && at.dataset.contact !== undefined ? at : null;
}
