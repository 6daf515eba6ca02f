// @ts-check
// One question in a dialog: pick by letter, by arrow keys or by pointer. The dialog gives the focus back where it was.

import { h, put } from './dom.js';
import { icon } from './icons.js';

/** @typedef {readonly [key: string, value: string, label: string, hint?: string]} Option */

/**
 * @param {string} title
 * @param {readonly Option[]} options
 * @param {{ explain?: import('./dom.js').Child[], danger?: boolean }} [more]
 * @returns {Promise<string | null>} the value chosen; `null` for none
 */
export function choose(title, options, more = {}) {
  return ask(title, (close) => {
    const buttons = options.map(([key, value, label, hint]) => h('button', { type: 'button', class: 'option', 'aria-keyshortcuts': key, onclick: () => close(value) },
      h('kbd', null, key.toUpperCase()), h('span', { class: 'option-label' }, label), hint && h('span', { class: 'option-hint' }, hint)));
    const onkey = (/** @type {KeyboardEvent} */ event) => {
      if (event.ctrlKey || event.metaKey || event.isComposing) return;
      const at = options.findIndex(([key]) => key === event.key.toLowerCase());
      const here = buttons.findIndex((button) => button === document.activeElement);
      const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
      if (at >= 0) close(options[at][1]);
      else if (step !== 0) buttons[(here + step + buttons.length) % buttons.length].focus();
      else return;
      event.preventDefault();
    };
    return { body: [more.explain && h('div', { class: 'explain' }, ...more.explain), h('div', { class: 'options', onkeydown: onkey }, ...buttons)], first: buttons[0] };
  });
}

/**
 * A modal dialog. `build` is given how to close it with an answer.
 * @template T
 * @param {string} title
 * @param {(close: (answer: T) => void, dialog: HTMLDialogElement) => { body: (import('./dom.js').Child)[], first?: HTMLElement }} build
 * @param {string} [kind] a class
 * @returns {Promise<T | null>}
 */
export function ask(title, build, kind = '') {
  return new Promise((resolve) => {
    const back = document.activeElement;
    const dialog = h('dialog', { class: `dialog ${kind}`, 'aria-labelledby': 'dialog-title' });
    /** @type {T | null} */
    let answer = null;
    const { body, first } = build((value) => { answer = value; dialog.close(); }, dialog);
    put(dialog,
      h('header', null, h('h2', { id: 'dialog-title' }, title),
        h('button', { type: 'button', class: 'plain close', 'aria-label': 'Close', title: 'Close (Esc)', onclick: () => dialog.close() }, icon('cross'))),
      ...body);
    dialog.addEventListener('click', (event) => { if (event.target === dialog) dialog.close(); });
    dialog.addEventListener('close', () => {
      dialog.remove();
      if (back instanceof HTMLElement && back.isConnected) back.focus();
      resolve(answer);
    });
    document.body.append(dialog);
    dialog.showModal();
    first?.focus();
  });
}

/** Is a dialog open? Then keys belong to it. */
export function dialogOpen() {
  return document.querySelector('dialog[open]') !== null;
}
