// @ts-check
// Who is next: the first in line, as they will be served, and those on offer, with the rep who is asked. Each row explains itself.

import { setTimer, timer } from '../clock.js';
import { attribute, h, put } from '../dom.js';
import { icon } from '../icons.js';
import { reconcile } from '../list.js';
import { CHANNELS, label, languageName, URGENCY } from '../words.js';

/** @typedef {import('../../protocol.d.ts').WaitingContact} Waiting */

export class Next {
  #body = h('tbody');
  #empty = h('p', { class: 'empty', hidden: true }, 'Nobody is waiting.');
  #table = h('table', { class: 'next' }, h('caption', { class: 'visually-hidden' }, 'Next in line'),
    h('thead', null, h('tr', null, ['Next', 'Channel', 'Language', 'Urgency', 'Queue', 'Waits'].map((name) => h('th', { scope: 'col' }, name)), h('td', null))), this.#body);
  element = h('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'The first fifty in line' }, this.#empty, this.#table);

  /** @param {(contact: number) => void} explain */
  constructor(explain) {
    this.explain = explain;
  }

  /** @param {Waiting[]} rows @param {number | null} open the contact being explained @param {(rep: number) => string} repName */
  update(rows, open, repName) {
    attribute(this.#empty, 'hidden', rows.length > 0);
    attribute(this.#table, 'hidden', rows.length === 0);
    reconcile(this.#body, rows.map((row, i) => ({ ...row, place: i + 1 })), (row) => row.contact, (row) => this.#row(row), (node, row) => {
      const [place, , , urgency, queue, waits] = /** @type {HTMLElement[]} */ ([...node.children]);
      place.textContent = String(row.place);
      this.#standing(queue, row, repName);
      if (urgency.dataset.is !== row.urgency) {
        urgency.dataset.is = row.urgency;
        put(urgency, h('span', { class: `urgency ${row.urgency}` }, ['emergency', 'urgent', 'soon'].includes(row.urgency) ? icon(row.urgency, 12) : null, URGENCY[row.urgency]));
      }
      setTimer(/** @type {HTMLElement} */ (waits.firstElementChild), { since: row.since });
      attribute(node, 'data-open', row.contact === open);
    });
  }

  /** @param {HTMLElement} cell @param {Waiting} row @param {(rep: number) => string} repName */
  #standing(cell, row, repName) {
    const { offered } = row;
    const now = `${row.queue}|${offered?.rep}|${offered?.until}`;
    if (cell.dataset.is === now) return;
    cell.dataset.is = now;
    put(cell, label(row.queue), offered && h('span', { class: 'soft offered' }, 'offered to ', h('bdi', null, repName(offered.rep)), ', ', timer({ until: offered.until })));
  }

  /** @param {Waiting} row */
  #row(row) {
    return h('tr', { onclick: (/** @type {Event} */ event) => { if (!(event.target instanceof HTMLButtonElement)) this.explain(row.contact); } },
      h('td'), h('td', null, icon(row.channel, 14), ' ', CHANNELS[row.channel]), h('td', null, languageName(row.language)), h('td'), h('td'),
      h('td', { class: 'number' }, timer({ since: row.since })),
      h('td', null, h('button', { type: 'button', 'aria-label': `Why is contact ${row.contact} waiting?`, onclick: () => this.explain(row.contact) }, 'Why?')));
  }
}
