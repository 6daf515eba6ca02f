// @ts-check
// Who of the staff had a message before their eyes, and when for the first time. Nothing here speaks of the person who wrote it.

import { clockTime } from './clock.js';
import { attribute, h, put } from './dom.js';
import { folded } from './fold.js';
import { icon } from './icons.js';

/** @typedef {import('../protocol.d.ts').Seen} Seen */

/** Names in the line before it is opened. */
const FEW = 3;

/** The line below a message, empty. */
export function seenLine() {
  return h('p', { class: 'seen', 'aria-live': 'off', hidden: true });
}

/**
 * Nothing is said to the one who holds the contact when nobody else has seen it.
 * @param {Element} line @param {Seen[]} seen the earliest first @param {number | undefined} me @param {boolean} holds
 */
export function showSeen(line, seen, me, holds) {
  const shown = holds && seen.every((one) => one.rep === me) ? [] : seen;
  const now = shown.map((one) => `${one.rep} ${one.at}`).join();
  if (line.getAttribute('data-now') === now) return;
  attribute(line, 'data-now', now);
  attribute(line, 'hidden', shown.length === 0);
  const button = line.querySelector('button');
  const focused = button !== null && button === document.activeElement;
  put(line, icon('eye', 12), 'Seen by ', ...folded(shown.map((one) => name(one, me)), FEW, button?.getAttribute('aria-expanded') === 'true'));
  if (focused) line.querySelector('button')?.focus();
}

/** @param {Seen} one @param {number | undefined} me */
function name({ rep, display, at }, me) {
  return h('span', { class: 'seen-by' }, h('b', { dir: 'auto' }, rep === me ? 'you' : display), '\u00a0', h('time', { datetime: new Date(at / 1000).toISOString() }, clockTime(at)));
}

/** Have the same people seen both? @param {Seen[]} one @param {Seen[]} other */
export function sameEyes(one, other) {
  return one.length === other.length && one.every((a) => other.some((b) => a.rep === b.rep));
}
