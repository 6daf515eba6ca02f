// @ts-check
// Another conversation, to read and nothing else: the closed one that a contact goes on from, or one that it may belong to.

import { Problem, request, sentence } from '../api.js';
import { ask } from '../choose.js';
import { h } from '../dom.js';
import { Thread } from './thread.js';

/** @typedef {import('./state.js').Held} Held */

/** @param {{ id: number, reference: string }} follows @param {import('./page.js').Page} page */
export const readEarlier = (follows, page) => read(follows, page, 'Earlier');

/** @param {{ id: number, reference: string }} other @param {import('./page.js').Page} page */
export const readOther = (other, page) => read(other, page, 'Perhaps');

/** Whoever may not read it is told so. @param {{ id: number, reference: string }} other @param {import('./page.js').Page} page @param {string} what */
async function read({ id, reference }, page, what) {
  let body;
  try {
    const contact = /** @type {import('./state.js').Contact} */ (await request('GET', `/contacts/${id}`));
    const held = /** @type {Held} */ ({ ...contact, messages: contact.messages ?? [], complete: true, typing: false, loading: false });
    const thread = new Thread(held, page, () => {});
    thread.update(held);
    body = thread.element;
  } catch (error) {
    const hidden = error instanceof Problem && error.status === 404;
    body = h('p', { class: 'problem', role: 'alert' }, hidden ? 'It is not with you. A supervisor can read it.' : sentence(error));
  }
  await ask(`${what}: ${reference}`, (close) => {
    const done = h('button', { type: 'button', class: 'primary', onclick: () => close(true) }, 'Done');
    return { body: [body, h('p', { class: 'dialog-foot' }, done)], first: done };
  }, 'wide');
}
