// @ts-check
// Another conversation, to read and nothing else: the closed one that a contact goes on from, one that it may belong to, or one that
// somebody else has.

import { Problem, request, sentence } from '../api.js';
import { ask } from '../choose.js';
import { h, put } from '../dom.js';
import { icon } from '../icons.js';
import { CHANNELS, languageName, URGENCY } from '../words.js';
import { personName } from './state.js';
import { Thread } from './thread.js';

/** @typedef {import('./state.js').Held} Held */
/** @typedef {import('./thread.js').Reader} Reader */

/** While a conversation that goes on is open here, it is asked for again this often. */
const AGAIN_MS = 3_000;

/** @param {{ id: number, reference: string }} follows @param {Reader} page */
export async function readEarlier(follows, page) {
  await show(`Earlier: ${follows.reference}`, [await body(follows.id, page)]);
}

/** @param {{ id: number, reference: string }} other @param {Reader} page */
export async function readOther(other, page) {
  await show(`Perhaps: ${other.reference}`, [await body(other.id, page)]);
}

/**
 * A conversation as it goes on with somebody else, who sees that one has looked.
 * @param {{ id: number, reference: string }} other @param {Reader} page
 */
export async function lookInto(other, page) {
  const head = h('div', { class: 'looked-into' });
  const box = h('div');
  /** @type {Thread[]} */ const open = [];
  const look = async () => {
    const held = await asked(other.id);
    if (open.length === 0) open.push(new Thread(held, page, () => {}));
    const [thread] = open;
    const now = JSON.stringify([held.rep, held.stage, held.urgency]);
    if (head.dataset.is !== now) put(head, about(held), notice(held, page));
    head.dataset.is = now;
    if (box.firstElementChild !== thread.element) put(box, thread.element);
    thread.update(held);
  };
  await look().catch((error) => put(box, refused(error)));
  const again = setInterval(() => { if (!document.hidden) look().catch(() => { /* what is there stays there */ }); }, AGAIN_MS);
  const closed = show(`Conversation ${other.reference}`, [head, box]);
  open[0]?.toEnd();
  await closed;
  clearInterval(again);
}

/** Whoever may not read it is told so. @param {number} id @param {Reader} page */
async function body(id, page) {
  try {
    const held = await asked(id);
    const thread = new Thread(held, page, () => {});
    thread.update(held);
    return thread.element;
  } catch (error) {
    return refused(error);
  }
}

/** @param {number} id */
async function asked(id) {
  const contact = /** @type {import('./state.js').Contact} */ (await request('GET', `/contacts/${id}`));
  return /** @type {Held} */ ({ ...contact, messages: contact.messages ?? [], complete: true, typing: false, loading: false });
}

/** @param {unknown} error */
function refused(error) {
  const hidden = error instanceof Problem && error.status === 404;
  return h('p', { class: 'problem', role: 'alert' }, hidden ? 'It is not with you. A supervisor can read it.' : sentence(error));
}

/** @param {string} title @param {HTMLElement[]} shown */
function show(title, shown) {
  return ask(title, (close) => {
    const done = h('button', { type: 'button', class: 'primary', onclick: () => close(true) }, 'Done');
    return { body: [...shown, h('p', { class: 'dialog-foot' }, done)], first: done };
  }, 'wide');
}

/** Whose it is and how urgent. @param {Held} held */
function about(held) {
  const marked = held.urgency !== 'normal' && held.urgency !== 'low';
  return h('p', { class: 'conversation-marks' }, marked ? h('span', { class: `urgency ${held.urgency}` }, icon(held.urgency, 12), URGENCY[held.urgency]) : null,
    h('span', null, icon(held.channel, 14), ` ${CHANNELS[held.channel]}`), h('span', null, languageName(held.language.code)),
    personName(held) === held.reference ? null : h('b', { dir: 'auto' }, personName(held)), h('span', { dir: 'auto' }, held.subject));
}

/** Looking leaves a trace, and who is looked at knows it; so does who looks. @param {Held} held @param {Reader} page */
function notice(held, page) {
  if (held.rep === page.desk.me.peek()?.id && held.stage !== 'closed') return null;
  const who = held.stage === 'closed' || held.rep === null ? 'Whoever has it next' : page.repName(held.rep);
  return h('p', { class: 'notice soft' }, icon('eye', 14), h('span', null, h('bdi', null, who), ' sees that you looked.'));
}
