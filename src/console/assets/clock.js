// @ts-check
// The server's time, and every timer on the page. Workstation clocks are wrong; deadlines are the server's.

import { attribute, h, say } from './dom.js';

const MICROS = 1000;

/** Bounds of "server time minus our time", in milliseconds, narrowed by every answer. */
let least = -Infinity;
let most = Infinity;

/**
 * A time the server wrote: at the moment we have it, the server's clock shows at least that.
 * @param {number} micros
 */
export function heardAt(micros) {
  least = Math.max(least, micros / MICROS - Date.now());
  if (least > most) most = Infinity; // somebody's clock was set: believe the newest
}

/**
 * An answer's `Date` header: whole seconds, written between our asking and our hearing.
 * @param {string | null} date @param {number} asked our clock in ms when the request left
 */
export function answeredAt(date, asked) {
  const shown = date ? Date.parse(date) : NaN;
  if (Number.isNaN(shown)) return;
  const low = shown - Date.now();
  const high = shown + 1000 - asked;
  if (low > most || high < least) {
    least = low;
    most = high;
  } else {
    least = Math.max(least, low);
    most = Math.min(most, high);
  }
}

/** Forget the bounds, for example after the machine slept. */
export function doubt() {
  least = -Infinity;
  most = Infinity;
}

/** The server's time now, in microseconds. */
export function now() {
  const offset = Number.isFinite(least) && Number.isFinite(most) ? (least + most) / 2
    : Number.isFinite(least) ? least : Number.isFinite(most) ? most : 0;
  return (Date.now() + offset) * MICROS;
}

/** `4:05`, `1:02:09`; never negative. @param {number} micros */
export function duration(micros) {
  const secs = Math.max(0, Math.floor(micros / 1e6));
  const two = (/** @type {number} */ n) => String(n).padStart(2, '0');
  const [hours, minutes] = [Math.floor(secs / 3600), Math.floor(secs / 60) % 60];
  if (hours >= 48) return `${Math.floor(hours / 24)} days`;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(secs % 60)}` : `${minutes}:${two(secs % 60)}`;
}

/** `4 minutes 5 seconds`, for ears. @param {number} micros */
export function spoken(micros) {
  const secs = Math.max(0, Math.floor(micros / 1e6));
  const part = (/** @type {number} */ n, /** @type {string} */ unit) => (n === 0 ? '' : `${n} ${unit}${n === 1 ? '' : 's'}`);
  if (secs < 60) return part(secs, 'second') || 'no time';
  if (secs < 3600) return `${part(Math.floor(secs / 60), 'minute')} ${part(secs % 60, 'second')}`.trim();
  return `${part(Math.floor(secs / 3600), 'hour')} ${part(Math.floor(secs / 60) % 60, 'minute')}`.trim();
}

const hourMinute = new Intl.DateTimeFormat(undefined, { hour: 'numeric', minute: '2-digit' });
const dayMonth = new Intl.DateTimeFormat(undefined, { weekday: 'short', day: 'numeric', month: 'short' });

/** The hour, with the day when it is not today's. @param {number} micros */
export function clockTime(micros) {
  const date = new Date(micros / MICROS);
  const today = new Date(now() / MICROS).toDateString() === date.toDateString();
  return today ? hourMinute.format(date) : `${dayMonth.format(date)} ${hourMinute.format(date)}`;
}

/** @param {number} micros */
export function day(micros) {
  return dayMonth.format(new Date(micros / MICROS));
}

/** @typedef {{ at: number, down: boolean, soon: number, onEnd?: () => void }} Timer */
/** @type {Map<HTMLElement, Timer>} */
const timers = new Map();

/**
 * A running time: since a moment, or until one. Under `soon` seconds left it carries `data-soon`.
 * @param {{ since: number } | { until: number, soon?: number, onEnd?: () => void }} what
 * @returns {HTMLElement}
 */
export function timer(what) {
  const node = h('span', { class: 'timer', role: 'timer' });
  setTimer(node, what);
  return node;
}

/** @param {HTMLElement} node @param {{ since: number } | { until: number, soon?: number, onEnd?: () => void }} what */
export function setTimer(node, what) {
  const next = 'since' in what ? { at: what.since, down: false, soon: 0 }
    : { at: what.until, down: true, soon: what.soon ?? 0, onEnd: what.onEnd };
  timers.set(node, next);
  show(node, next);
}

/** @param {HTMLElement} node */
export function stopTimer(node) {
  timers.delete(node);
}

/** @param {HTMLElement} node @param {Timer} entry */
function show(node, entry) {
  const span = entry.down ? entry.at - now() : now() - entry.at;
  say(node, duration(entry.down ? span + 999_999 : span));
  attribute(node, 'data-soon', entry.down && span < entry.soon * 1e6);
  if (entry.down && span <= 0 && entry.onEnd) {
    const { onEnd } = entry;
    entry.onEnd = undefined;
    onEnd();
  }
}

setInterval(() => {
  for (const [node, entry] of timers) {
    if (node.isConnected) show(node, entry);
    else timers.delete(node);
  }
}, 500);
