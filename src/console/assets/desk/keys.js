// @ts-check
// Every command of the desk has one letter. Outside of text boxes the letter alone does it; with Alt it does it everywhere. The table
// is also the help page, so the help cannot be wrong.

import { h } from '../dom.js';
import { isEditable } from '../dom.js';
import { ask, dialogOpen } from '../choose.js';
import { saveSettings, settings } from './settings.js';

/** `shown` is the key as the help names it; empty leaves it out there. `ends`: it takes something from the desk. */
/** @typedef {{ key: string, shown?: string, code: string, does: string, run: () => void, part: string, ends?: boolean }} Binding */

/** What the box itself does with keys, for the help. */
const WRITING = [['Enter', 'Send a chat; Shift+Enter begins a new line'], ['Ctrl+Enter', 'Send a mail, keep a note'], ['Esc', 'Leave the box']];

/** @param {import('./page.js').Page} page @returns {Binding[]} */
export function bindings(page) {
  const { desk, actions, offers } = page;
  const current = (/** @type {(id: number) => void} */ run) => () => {
    const id = desk.panes.peek()[desk.focus.peek()];
    if (id !== null && id !== undefined) run(id);
  };
  const key = (/** @type {string} */ part, /** @type {string} */ letter, /** @type {string} */ does, /** @type {() => void} */ run, ends = false) => (
    { part, ends, key: letter, code: letter.length === 1 && /[a-z]/.test(letter) ? `Key${letter.toUpperCase()}` : letter, does, run });
  return [
    key('Offers', 'a', 'Accept the first offer', () => void offers.accept(offers.first())),
    key('Offers', 'd', 'Decline it, with a reason', () => void offers.decline(offers.first()), true),
    key('Offers', 'y', 'Ready, or away with a reason', () => page.header.toggle()),
    key('Conversation', 'r', 'Write a reply', current((id) => page.write(id, 'reply'))),
    key('Conversation', 'n', 'Write a note for staff', current((id) => page.write(id, 'note'))),
    key('Conversation', 'p', 'Park', current((id) => void actions.park(id)), true),
    key('Conversation', 'u', 'Take up again', current((id) => void actions.resume(id))),
    key('Conversation', 't', 'Transfer', current((id) => void actions.transfer(id)), true),
    key('Conversation', 'c', 'Close, then one letter for how it ended', current((id) => void actions.close(id)), true),
    { part: 'Conversation', key: 'Enter', code: 'Enter', shown: 'Enter', does: 'End the wrap-up', ends: true, run: current((id) => {
      if (desk.contacts.peek().get(id)?.stage === 'wrap_up') void actions.endWrapUp(id);
    }) },
    { part: 'Moving', key: 'j', code: 'ArrowDown', shown: 'J or Alt+↓', does: 'Next contact', run: () => page.step(1) },
    { part: 'Moving', key: 'k', code: 'ArrowUp', shown: 'K or Alt+↑', does: 'Previous contact', run: () => page.step(-1) },
    { part: 'Moving', key: ']', code: 'ArrowRight', shown: '] or Alt+→', does: 'Next column', run: () => page.column(1) },
    { part: 'Moving', key: '[', code: 'ArrowLeft', shown: '[ or Alt+←', does: 'Previous column', run: () => page.column(-1) },
    key('Moving', 'l', 'To the list of contacts', () => page.toList()),
    key('Moving', 'i', 'To what is known of the contact; again hides it', () => page.toDetails()),
    ...[1, 2, 3].map((n) => ({ part: 'Moving', key: String(n), code: `Digit${n}`, shown: n === 1 ? '1 2 3' : '', does: 'Conversations side by side', run: () => page.setColumns(n) })),
    key('Desk', 'm', 'Silence an alarm; otherwise sound on or off', () => page.mute()),
    { part: 'Desk', key: '?', code: 'Slash', shown: '?', does: 'This help', run: () => void help(page.keys) },
  ];
}

/** @param {Binding[]} keys @param {import('./writing.js').Writing} writing */
export function listen(keys, writing) {
  document.addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.isComposing || dialogOpen()) return;
    if (event.key === 'Escape' && isEditable(event.target)) return leave(/** @type {HTMLElement} */ (event.target));
    const binding = keys.find((one) => (event.altKey ? one.code === event.code && one.code !== 'Enter' : one.key === event.key.toLowerCase()));
    if (!binding || (!event.altKey && !allowed(event, binding))) return;
    event.preventDefault();
    if (binding.ends && !event.altKey && writing.settling) return;
    if (!event.repeat || binding.part === 'Moving') binding.run();
  });
}

/** @param {KeyboardEvent} event @param {Binding} binding */
function allowed(event, binding) {
  if (isEditable(event.target)) return false;
  if (binding.key !== 'Enter') return settings.letters.peek() || binding.key === '?';
  return !(event.target instanceof Element && event.target.closest('button, a, summary, input, label'));
}

/** Out of the box to its conversation, where letters are commands. @param {HTMLElement} box */
function leave(box) {
  const log = box.closest('.conversation')?.querySelector('.log');
  if (log instanceof HTMLElement) log.focus();
  else box.blur();
}

/** @param {Binding[]} keys */
export function help(keys) {
  return ask('Keys', () => {
    const parts = [...new Set(keys.map((one) => one.part))];
    const rows = (/** @type {string[][]} */ table) => h('dl', null, table.map(([key, does]) => h('div', null, h('dt', null, h('kbd', null, key)), h('dd', null, does))));
    const letters = h('input', { type: 'checkbox', id: 'letters', checked: settings.letters.peek(), onchange: () => {
      settings.letters.set(letters.checked);
      saveSettings();
    } });
    return { body: [
      h('p', null, 'Outside of text boxes the letter alone is enough. With ', h('kbd', null, 'Alt'), ' it works everywhere, also while you write. ', h('kbd', null, 'Esc'), ' leaves a text box.'),
      h('div', { class: 'key-table' }, parts.map((part) => h('section', null, h('h3', null, part),
        rows(keys.filter((one) => one.part === part && one.shown !== '').map((one) => [one.shown ?? one.key.toUpperCase(), one.does])))),
      h('section', null, h('h3', null, 'In a text box'), rows(WRITING))),
      h('p', null, h('label', { for: 'letters', class: 'check' }, letters, h('span', null, 'Letters without Alt are commands'))),
    ], first: letters };
  }, 'wide');
}
