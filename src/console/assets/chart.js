// @ts-check
// Small charts in SVG. Each kind of bar has a pattern as well as a colour, each chart says its figures in one sentence, and the same
// figures stand in a table below for who cannot or would not read a picture.

import { attribute, h, put, say, svg } from './dom.js';
import { reconcile } from './list.js';

/** @typedef {{ name: string, kind: string }} Series `kind` is a class that gives the colour and one of `PATTERNS` */
/** @typedef {{ name: string, values: number[] }} Row one value a series */

const ROW = 28;
const BAR = 18;
const LABEL = 128;
const WIDTH = 560;
const END = 44;

/** Lines over the colour, by kind; what is not here is plain. @type {Record<string, string>} */
const PATTERNS = { emergency: 'M0 0 8 8M-2 6 2 10M6-2 10 2', urgent: 'M0 8 8 0M-2 2 2-2M6 10 10 6', soon: 'M0 4H8', low: 'M4 3V5' };

let charts = 0;

/** Bars laid end to end, one row a thing. */
export class StackedBars {
  #id = `chart-${(charts += 1)}`;
  #rows = svg('g');
  #svg = svg('svg', { role: 'img', class: 'stacked', preserveAspectRatio: 'xMinYMin meet' });
  #table = h('table', { class: 'figures' });

  /** @param {string} title @param {Series[]} series */
  constructor(title, series) {
    this.title = title;
    this.series = series;
    this.#svg.append(svg('defs', null, series.filter((one) => PATTERNS[one.kind]).map((one) => pattern(`${this.#id}-${one.kind}`, one.kind))), this.#rows);
    this.element = h('figure', { class: 'chart' },
      h('figcaption', { class: 'legend' }, series.map((one) => h('span', { class: 'key' }, this.#swatch(one), one.name))),
      this.#svg, h('details', null, h('summary', null, 'The same as a table'), this.#table));
  }

  /** @param {Series} one */
  #swatch(one) {
    return svg('svg', { width: 16, height: 12, 'aria-hidden': 'true', class: `series ${one.kind}` }, svg('rect', { width: 16, height: 12 }),
      PATTERNS[one.kind] ? svg('rect', { width: 16, height: 12, class: 'over', fill: `url(#${this.#id}-${one.kind})` }) : null);
  }

  /** @param {Row[]} rows */
  update(rows) {
    const most = Math.max(1, ...rows.map(total));
    const height = Math.max(1, rows.length) * ROW;
    attribute(this.#svg, 'viewBox', `0 0 ${WIDTH} ${height}`);
    attribute(this.#svg, 'aria-label', `${this.title}. ${rows.length === 0 ? 'Nobody.' : rows.map((row) => this.#sentence(row)).join(' ')}`);
    reconcile(this.#rows, rows.map((row, at) => ({ ...row, at })), (row) => row.name, (row) => this.#row(row.name), (node, row) => this.#bars(node, row, most));
    this.#figures(rows);
  }

  /** @param {Row} row */
  #sentence(row) {
    const parts = this.series.map((one, i) => (row.values[i] > 0 ? `${row.values[i]} ${one.name.toLowerCase()}` : '')).filter(Boolean);
    return `${row.name}: ${total(row)}${parts.length > 0 ? `, ${parts.join(', ')}` : ''}.`;
  }

  /** @param {string} name */
  #row(name) {
    return svg('g', null, svg('text', { x: LABEL - 8, y: ROW / 2, 'dominant-baseline': 'central', 'text-anchor': 'end', class: 'name' }, name),
      ...this.series.map((one) => svg('g', { class: `series ${one.kind}` }, svg('rect', { y: (ROW - BAR) / 2, height: BAR }),
        PATTERNS[one.kind] ? svg('rect', { y: (ROW - BAR) / 2, height: BAR, class: 'over', fill: `url(#${this.#id}-${one.kind})` }) : null)),
      svg('text', { y: ROW / 2, 'dominant-baseline': 'central', class: 'sum' }));
  }

  /** @param {Element} node @param {Row & { at: number }} row @param {number} most */
  #bars(node, row, most) {
    attribute(node, 'transform', `translate(0 ${row.at * ROW})`);
    const scale = (WIDTH - LABEL - END) / most;
    let x = LABEL;
    const [, ...parts] = node.children;
    for (const [i, value] of row.values.entries()) {
      for (const rect of parts[i].children) {
        attribute(rect, 'x', x.toFixed(1));
        attribute(rect, 'width', (value * scale).toFixed(1));
      }
      x += value * scale;
    }
    const sum = parts[parts.length - 1];
    attribute(sum, 'x', (x + 6).toFixed(1));
    say(sum, String(total(row)));
  }

  /** @param {Row[]} rows */
  #figures(rows) {
    const now = JSON.stringify(rows);
    if (this.#table.dataset.is === now) return;
    this.#table.dataset.is = now;
    put(this.#table, h('caption', { class: 'visually-hidden' }, this.title),
      h('thead', null, h('tr', null, h('td', null), this.series.map((one) => h('th', { scope: 'col' }, one.name)), h('th', { scope: 'col' }, 'All'))),
      h('tbody', null, rows.map((row) => h('tr', null, h('th', { scope: 'row' }, row.name), row.values.map((value) => h('td', null, value)), h('td', null, total(row))))));
  }
}

/** One value over time, as a line over a filled ground. */
export class Line {
  #area = svg('path', { class: 'area' });
  #line = svg('path', { class: 'line-path', 'vector-effect': 'non-scaling-stroke' });
  #svg = svg('svg', { role: 'img', class: 'spark', viewBox: '0 0 300 60', preserveAspectRatio: 'none' }, this.#area, this.#line);
  #text = h('p', { class: 'soft' });

  /** @param {string} title @param {string} unit */
  constructor(title, unit) {
    this.title = title;
    this.unit = unit;
    this.element = h('figure', { class: 'chart' }, h('figcaption', { class: 'soft' }, title), this.#svg, this.#text);
  }

  /** @param {number[]} values oldest first @param {string} span in words, for example `10 minutes` */
  update(values, span) {
    if (values.length === 0) return;
    const most = Math.max(1, ...values);
    const point = (/** @type {number} */ value, /** @type {number} */ i) => `${((i / Math.max(1, values.length - 1)) * 300).toFixed(1)} ${(58 - (value / most) * 54).toFixed(1)}`;
    const path = `M${values.map(point).join('L')}`;
    attribute(this.#line, 'd', values.length === 1 ? `${path}H300` : path);
    attribute(this.#area, 'd', `${values.length === 1 ? `${path}H300` : path}V60H0Z`);
    const words = `Now ${values[values.length - 1]} ${this.unit}; lowest ${Math.min(...values)}, highest ${Math.max(...values)} in the last ${span}.`;
    attribute(this.#svg, 'aria-label', `${this.title}. ${words}`);
    say(this.#text, words);
  }
}

/** @param {Row} row */
function total(row) {
  return row.values.reduce((sum, value) => sum + value, 0);
}

/** @param {string} id @param {string} kind */
function pattern(id, kind) {
  return svg('pattern', { id, width: 8, height: 8, patternUnits: 'userSpaceOnUse' }, svg('path', { d: PATTERNS[kind], class: 'hatch' }));
}
