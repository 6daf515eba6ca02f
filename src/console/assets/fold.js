// @ts-check
// A list of which only the first few are shown, and the rest on demand.

import { attribute, h, say } from './dom.js';

/** One more takes no more room than the button that hides it. */
const LEAST_HIDDEN = 2;

/**
 * The items with commas between them; behind the first few a button that opens the rest.
 * @param {(Node | string)[]} items @param {number} few @param {boolean} [open] from the start
 * @returns {import('./dom.js').Child[]}
 */
export function folded(items, few, open = false) {
  if (items.length < few + LEAST_HIDDEN) return listed(items);
  const rest = h('span', { hidden: !open }, ', ', ...listed(items.slice(few)));
  const closed = `and ${items.length - few} more`;
  const button = h('button', { type: 'button', class: 'plain fold', 'aria-expanded': String(open), onclick: () => {
    const opens = button.getAttribute('aria-expanded') === 'false';
    attribute(button, 'aria-expanded', String(opens));
    attribute(rest, 'hidden', !opens);
    say(button, opens ? 'show fewer' : closed);
  } }, open ? 'show fewer' : closed);
  return [...listed(items.slice(0, few)), rest, ' ', button];
}

/** @param {(Node | string)[]} items @returns {(Node | string)[]} */
function listed(items) {
  return items.flatMap((item, at) => (at === 0 ? [item] : [', ', item]));
}
