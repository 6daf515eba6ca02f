// @ts-check
// The closed conversation that a contact goes on from, to read and nothing else.

import { Problem, request, sentence } from '../api.js';
import { ask } from '../choose.js';
import { h } from '../dom.js';
import { Thread } from './thread.js';

/** @typedef {import('./state.js').Held} Held */

/** Whoever may not read it is told so. @param {{ id: number, reference: string }} follows @param {import('./page.js').Page} page */
export async function readEarlier({ id, reference }, page) {
  let body;
  try {
    const contact = /** @type {import('./state.js').Contact} */ (await request('GET', `/contacts/${id}`));
    const held = /** @type {Held} */ ({ ...contact, messages: contact.messages ?? [], complete: true, typing: false, loading: false });
    const thread = new Thread(held, page, () => {});
    thread.update(held);
    body = thread.element;
  } catch (error) {
    const hidden = error instanceof Problem && error.status === 404;
    body = h('p', { class: 'problem', role: 'alert' }, hidden ? 'It was with somebody else. A supervisor can read it.' : sentence(error));
  }
  await ask(`Earlier: ${reference}`, (close) => {
    const done = h('button', { type: 'button', class: 'primary', onclick: () => close(true) }, 'Done');
    return { body: [body, h('p', { class: 'dialog-foot' }, done)], first: done };
  }, 'wide');
}
