// @ts-check
// `<queue-board>`: what a supervisor sees of everything that waits and everyone who works.

import { request, session } from './api.js';
import { Adapters } from './board/adapters.js';
import { Emergencies } from './board/emergencies.js';
import { Explain } from './board/explain.js';
import { Matrix } from './board/matrix.js';
import { Next } from './board/next.js';
import { name, Reps } from './board/reps.js';
import { Line, StackedBars } from './chart.js';
import { clockTime, heardAt, now, setTimer, timer } from './clock.js';
import { lookInto } from './desk/earlier.js';
import { announce, attribute, h, put, say } from './dom.js';
import { icon } from './icons.js';
import { Live } from './live.js';
import { setAlarm, unlock } from './sound.js';
import { CHANNELS, label, languageName, URGENCIES, URGENCY } from './words.js';

/** @typedef {import('../protocol.d.ts').Board} Board */
/** @typedef {import('../protocol.d.ts').WaitingCell} Cell */

/** The line chart takes a point this often and keeps this many: half an hour. */
const POINT_US = 15e6;
const POINTS = 120;

const BY = /** @type {const} */ ([['channel', 'Channel'], ['language', 'Language'], ['queue', 'Queue']]);

class QueueBoard extends HTMLElement {
  #line = h('span', { class: 'line', role: 'status' });
  #stale = h('div', { class: 'stale', role: 'status', hidden: true });
  #alert = h('div', { class: 'visually-hidden', role: 'alert', 'aria-atomic': 'true' });
  #problem = h('p', { class: 'problem', role: 'alert', hidden: true });
  #queue = h('select', { id: 'queue', onchange: () => this.#show() }, h('option', { value: '' }, 'All queues'));
  #figures = { waiting: h('b'), oldest: timer({ since: 0 }), ready: h('b'), away: h('b'), handled: h('b') };
  #desk = h('a', { class: 'button bar-button', href: '/desk' }, 'Desk');
  #mail = h('a', { class: 'button bar-button', href: '/held', hidden: true }, icon('email', 14), 'Held mail ', h('span', { class: 'bar-count' }));
  #silence = h('button', { type: 'button', class: 'silence', hidden: true, onclick: () => { this.#silenced = new Set(this.#board?.unacknowledged); this.#ring(); } }, icon('mute', 14), 'Silence the alarm');
  #matrix = new Matrix();
  #reps = new Reps((contact) => void lookInto(contact, this.#reader));
  #adapters = new Adapters();
  #explain = new Explain();
  #next = new Next((id) => void this.#explainIt(id));
  #emergencies = new Emergencies({ explain: (id) => void this.#explainIt(id), news: (text) => announce(this.#alert, text) });
  #bars = new StackedBars('Waiting by urgency', URGENCIES.map((urgency) => ({ name: URGENCY[urgency], kind: urgency })));
  #trend = new Line('Waiting over time, since this page was opened', 'waiting');
  /** @type {import('../protocol.d.ts').Me | null} */ #me = null;
  /** Who reads a conversation here: writes nothing, and knows the reps by their cards. @type {import('./desk/thread.js').Reader} */
  #reader = {
    who: { supervisor: false },
    desk: { me: { peek: () => this.#me } },
    outbox: { items: { get: () => [] }, retry: () => {} },
    repName: (id) => { const rep = this.#board?.reps.find((one) => one.rep === id); return rep ? name(rep) : 'A colleague'; },
  };
  /** @type {{ at: number, n: number }[]} */ #points = [];
  /** @type {Board | null} */ #board = null;
  #by = /** @type {'channel' | 'language' | 'queue'} */ ('channel');
  /** @type {Set<number>} */ #silenced = new Set();

  connectedCallback() {
    const live = new Live((frame) => {
      if (frame.type === 'snapshot') this.#know(frame.me);
      if (frame.type === 'snapshot' && frame.board) this.#take(frame.board);
      if (frame.type === 'board') this.#take(frame.board);
    }, (link) => this.#linked(link, () => live.retryNow()));
    session.ended = () => live.end();
    this.#build();
    for (const kind of ['pointerdown', 'keydown']) addEventListener(kind, () => unlock(), { passive: true });
    void this.#first();
    live.start();
  }

  /** Only who handles contacts has a desk, who may change nothing decides on no mail, and admins read no conversations. @param {import('../protocol.d.ts').Me} me */
  #know(me) {
    const { role } = me;
    this.#me = me;
    this.#reader.who.supervisor = role === 'supervisor';
    this.#reps.mayRead(role === 'supervisor' || role === 'auditor');
    this.#desk.hidden = role !== 'supervisor';
    this.#mail.hidden = role !== 'supervisor' && role !== 'admin';
  }

  /** The first picture, before the live line is there. */
  async #first() {
    try {
      this.#take(/** @type {Board} */ (await request('GET', '/board')));
    } catch (error) {
      if (this.#board) return;
      say(this.#problem, error instanceof Error ? error.message : '');
      this.#problem.hidden = false;
    }
  }

  #build() {
    const { programme = '', display = '' } = this.dataset;
    const tile = (/** @type {string} */ name, /** @type {HTMLElement} */ value) => h('div', { class: 'tile' }, h('dt', null, name), h('dd', null, value));
    put(this, h('a', { class: 'skip', href: '#waiting' }, 'To the board'),
      h('header', { class: 'bar' }, h('h1', { class: 'brand' }, h('img', { src: '/assets/icon.svg', alt: '', width: 22, height: 22 }), programme, h('span', { class: 'visually-hidden' }, ', board')), this.#line, h('span', { class: 'spring' }), this.#silence,
        this.#mail, this.#desk, h('button', { type: 'button', class: 'bar-button', onclick: () => void this.#signOut() }, `${display} · Sign out`)),
      this.#stale,
      h('main', { id: 'waiting', tabindex: -1 }, this.#problem, this.#emergencies.element,
        h('dl', { class: 'tiles' }, tile('Waiting', this.#figures.waiting), tile('Oldest waits', this.#figures.oldest), tile('Ready', this.#figures.ready), tile('Away', this.#figures.away), tile('Opened, closed so far', this.#figures.handled)),
        h('div', { class: 'columns' },
          h('div', { class: 'left' },
            h('section', { 'aria-labelledby': 'h-waiting' }, h('header', null, h('h2', { id: 'h-waiting' }, 'Waiting'), h('label', { for: 'queue' }, 'Queue'), this.#queue), this.#matrix.element),
            h('section', { 'aria-labelledby': 'h-next' }, h('h2', { id: 'h-next' }, 'Next in line'), this.#next.element)),
          h('div', { class: 'right' }, this.#explain.element,
            this.#adapters.element,
            h('section', { 'aria-labelledby': 'h-reps' }, h('h2', { id: 'h-reps' }, 'Representatives'), this.#reps.element),
            h('section', { 'aria-labelledby': 'h-chart' }, h('header', null, h('h2', { id: 'h-chart' }, 'By urgency'), this.#choice()), this.#bars.element, this.#trend.element)))),
      this.#alert);
  }

  async #signOut() {
    try {
      await request('DELETE', '/session');
      location.reload();
    } catch (error) {
      say(this.#problem, error instanceof Error ? error.message : '');
      this.#problem.hidden = false;
    }
  }

  #choice() {
    return h('fieldset', { class: 'by' }, h('legend', { class: 'visually-hidden' }, 'Bars by'), BY.map(([value, name]) => h('label', null,
      h('input', { type: 'radio', name: 'by', value, checked: value === this.#by, onchange: () => { this.#by = value; this.#show(); } }), h('span', null, name))));
  }

  /** @param {Board} board */
  #take(board) {
    heardAt(board.at);
    this.#board = board;
    this.#problem.hidden = true;
    const total = board.waiting.reduce((sum, cell) => sum + cell.count, 0);
    const last = this.#points.at(-1);
    if (!last || board.at - last.at >= POINT_US) this.#points = [...this.#points.slice(1 - POINTS), { at: board.at, n: total }];
    else last.n = total;
    this.#show();
    this.#ring();
  }

  #show() {
    const board = this.#board;
    if (!board) return;
    this.#queues(board);
    const only = this.#queue.value;
    const waiting = board.waiting.filter((cell) => only === '' || cell.queue === only);
    this.#tiles(board, waiting);
    this.#emergencies.update(board.unacknowledged);
    this.#matrix.update(waiting);
    this.#next.update(board.next.filter((row) => only === '' || row.queue === only), this.#explain.contact,
      (id) => { const rep = board.reps.find((one) => one.rep === id); return rep ? name(rep) : 'a representative'; });
    this.#reps.update(board.reps);
    this.#adapters.update(board.adapters);
    this.#mailLink(board);
    this.#bars.update(rows(waiting, this.#by));
    const span = Math.max(1, Math.round((now() - (this.#points[0]?.at ?? now())) / 60e6));
    this.#trend.update(this.#points.map((point) => point.n), span === 1 ? 'minute' : `${span} minutes`);
    document.title = `${board.unacknowledged.length > 0 ? '⚠ EMERGENCY ' : ''}${board.waiting.reduce((sum, cell) => sum + cell.count, 0)} waiting · Board · ${this.dataset.programme ?? ''}`;
  }

  /** How much mail waits for a decision, and what did not arrive. @param {Board} board */
  #mailLink({ held, troubled }) {
    const words = [held.count > 0 ? String(held.count) : '', troubled.count > 0 ? `${troubled.count} not delivered` : ''].filter(Boolean).join(', ');
    say(/** @type {Element} */ (this.#mail.lastElementChild), words || 'none');
    attribute(this.#mail, 'data-some', words !== '');
  }

  /** @param {Board} board @param {Cell[]} waiting */
  #tiles(board, waiting) {
    const { waiting: n, oldest, ready, away, handled } = this.#figures;
    say(n, String(waiting.reduce((sum, cell) => sum + cell.count, 0)));
    oldest.hidden = waiting.length === 0;
    if (waiting.length > 0) setTimer(oldest, { since: Math.min(...waiting.map((cell) => cell.oldest)) });
    say(ready, String(board.reps.filter((rep) => rep.presence === 'available').length));
    say(away, String(board.reps.filter((rep) => rep.presence === 'away').length));
    say(handled, `${board.opened}, ${board.closed}`);
  }

  /** @param {Board} board */
  #queues(board) {
    const names = [...new Set([...board.waiting, ...board.next].map((one) => one.queue))].sort();
    const known = [...this.#queue.options].map((option) => option.value);
    for (const name of names) if (!known.includes(name)) this.#queue.append(h('option', { value: name }, label(name)));
  }

  #ring() {
    const ringing = (this.#board?.unacknowledged ?? []).some((id) => !this.#silenced.has(id));
    setAlarm(ringing);
    attribute(this.#silence, 'hidden', !ringing);
  }

  /** @param {number} id */
  async #explainIt(id) {
    await this.#explain.open(id);
    this.#show();
  }

  /** @param {import('./live.js').LinkState} link @param {() => void} retry */
  #linked(link, retry) {
    if (link.kind === 'over') return location.reload();
    say(this.#line, { opening: 'Connecting…', live: 'Live', cut: 'Connection lost' }[link.kind]);
    attribute(this.#line, 'data-kind', link.kind);
    attribute(this.#stale, 'hidden', link.kind !== 'cut');
    attribute(this, 'data-stale', link.kind === 'cut');
    if (link.kind === 'cut' && this.#stale.hidden === false) {
      put(this.#stale, h('p', null, h('b', null, 'Connection lost. '), `What you see is from ${clockTime(link.since * 1000)}.`), h('button', { type: 'button', onclick: retry }, 'Try now'));
    }
  }
}

/** @param {Cell[]} cells @param {'channel' | 'language' | 'queue'} by */
function rows(cells, by) {
  const name = (/** @type {Cell} */ cell) => (by === 'channel' ? CHANNELS[cell.channel] : by === 'language' ? languageName(cell.language) : label(cell.queue));
  /** @type {Map<string, number[]>} */
  const sums = new Map(by === 'channel' ? [['Chat', URGENCIES.map(() => 0)], ['Email', URGENCIES.map(() => 0)], ['Web form', URGENCIES.map(() => 0)]] : []);
  for (const cell of cells) {
    const values = sums.get(name(cell)) ?? URGENCIES.map(() => 0);
    values[URGENCIES.indexOf(cell.urgency)] += cell.count;
    sums.set(name(cell), values);
  }
  return [...sums].map(([row, values]) => ({ name: row, values }));
}

customElements.define('queue-board', QueueBoard);
