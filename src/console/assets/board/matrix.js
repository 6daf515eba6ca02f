// @ts-check
// Who waits: a row a language, a column a channel, in each cell how many, how urgent, and how long the oldest has waited.

import { setTimer, timer } from '../clock.js';
import { attribute, h, put } from '../dom.js';
import { icon } from '../icons.js';
import { CHANNELS, languageName, URGENCIES, URGENCY } from '../words.js';

/** @typedef {import('../../protocol.d.ts').WaitingCell} Cell */
/** @typedef {import('../../protocol.d.ts').Channel} Channel */

/** Shown when nobody waits on them, too. @type {Channel[]} */
const ALWAYS = ['chat', 'email', 'form'];

export class Matrix {
  element = h('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Waiting by channel and language' });
  #shape = '';
  /** @type {Map<string, { count: HTMLElement, oldest: HTMLElement, marks: HTMLElement }>} */ #cells = new Map();

  /** @param {Cell[]} cells */
  update(cells) {
    const channels = /** @type {Channel[]} */ (Object.keys(CHANNELS)).filter((channel) => ALWAYS.includes(channel) || cells.some((cell) => cell.channel === channel));
    const languages = [...new Set(cells.map((cell) => cell.language))].sort((a, b) => sum(cells, b) - sum(cells, a) || a.localeCompare(b));
    const shape = JSON.stringify([channels, languages]);
    if (shape !== this.#shape) this.#build(channels, languages);
    this.#shape = shape;
    for (const [key, cell] of this.#cells) {
      const [language, channel] = key.split('|');
      show(cell, cells.filter((one) => (language === '*' || one.language === language) && (channel === '*' || one.channel === channel)));
    }
  }

  /** @param {Channel[]} channels @param {string[]} languages */
  #build(channels, languages) {
    this.#cells.clear();
    const columns = [...channels, '*'];
    put(this.element, h('table', { class: 'matrix' }, h('caption', { class: 'visually-hidden' }, 'How many wait, and how long the oldest has waited'),
      h('thead', null, h('tr', null, h('td', null), channels.map((channel) => h('th', { scope: 'col' }, icon(channel, 14), ' ', CHANNELS[channel])), h('th', { scope: 'col' }, 'All'))),
      h('tbody', null, [...languages, '*'].map((language) => h('tr', { class: language === '*' ? 'sum' : null },
        h('th', { scope: 'row' }, language === '*' ? 'All' : languageName(language)), columns.map((channel) => this.#cell(`${language}|${channel}`)))))));
  }

  /** @param {string} key */
  #cell(key) {
    const cell = { count: h('b'), oldest: timer({ since: 0 }), marks: h('span', { class: 'marks' }) };
    this.#cells.set(key, cell);
    return h('td', null, h('span', { class: 'cell' }, cell.count, h('span', { class: 'oldest' }, h('span', { class: 'visually-hidden' }, ', oldest '), cell.oldest), cell.marks));
  }
}

/** @param {{ count: HTMLElement, oldest: HTMLElement, marks: HTMLElement }} cell @param {Cell[]} these */
function show(cell, these) {
  const count = these.reduce((total, one) => total + one.count, 0);
  cell.count.textContent = count === 0 ? '–' : String(count);
  attribute(cell.oldest.parentElement ?? cell.oldest, 'hidden', count === 0);
  if (count > 0) setTimer(cell.oldest, { since: Math.min(...these.map((one) => one.oldest)) });
  const pressing = URGENCIES.slice(0, 3).map((urgency) => ({ urgency, n: these.filter((one) => one.urgency === urgency).reduce((total, one) => total + one.count, 0) })).filter((one) => one.n > 0);
  const now = pressing.map((one) => `${one.urgency}${one.n}`).join();
  if (cell.marks.dataset.is === now) return;
  cell.marks.dataset.is = now;
  put(cell.marks, pressing.map(({ urgency, n }) => h('span', { class: `urgency ${urgency}`, title: `${n} ${URGENCY[urgency].toLowerCase()}` }, icon(urgency, 11), n, h('span', { class: 'visually-hidden' }, ` ${URGENCY[urgency]}`))));
}

/** @param {Cell[]} cells @param {string} language */
function sum(cells, language) {
  return cells.filter((cell) => cell.language === language).reduce((total, cell) => total + cell.count, 0);
}
