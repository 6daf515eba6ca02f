// @ts-check
// One contact in a column: who and what on top, the conversation, the box to write in. Kept while the contact is on the desk.

import { setTimer, stopTimer, timer } from '../clock.js';
import { attribute, h, put, say } from '../dom.js';
import { icon } from '../icons.js';
import { CHANNELS, languageName, URGENCY } from '../words.js';
import { Composer } from './composer.js';
import { preference } from './details.js';
import { readEarlier } from './earlier.js';
import { personName, waitingSince, awaitsReply } from './state.js';
import { Thread } from './thread.js';

/** @typedef {import('./state.js').Held} Held */

export class Conversation {
  /** @param {Held} held @param {import('./page.js').Page} page */
  constructor(held, page) {
    this.id = held.id;
    this.page = page;
    this.name = h('h2', { id: `name-${held.id}`, tabindex: -1, dir: 'auto' });
    this.marks = h('p', { class: 'conversation-marks' });
    this.clock = timer({ since: held.since });
    this.clockWord = h('span', { class: 'clock-word' });
    this.problem = h('p', { class: 'problem', role: 'alert', hidden: true });
    this.banner = h('div', { class: 'banner', hidden: true });
    this.tools = h('div', { class: 'tools', role: 'group', 'aria-label': 'What to do with this contact' });
    this.typing = h('p', { class: 'typing', hidden: true }, h('span', { class: 'dots', 'aria-hidden': 'true' }, h('i'), h('i'), h('i')), 'typing…');
    this.composer = new Composer(held, page);
    this.thread = new Thread(held, page, (pending) => {
      page.outbox.discard(pending);
      this.composer.restore(pending.kind, pending.text);
    });
    this.element = h('section', { class: 'conversation', 'aria-labelledby': this.name.id, 'data-contact': held.id },
      h('header', null, h('div', { class: 'conversation-head' }, icon(held.channel, 20), this.name, h('span', { class: 'clock' }, this.clockWord, this.clock)), this.marks, this.tools),
      this.problem, this.banner, this.thread.element, this.typing, this.composer.element);
    this.stage = '';
  }

  /** @param {Held} held */
  update(held) {
    say(this.name, personName(held));
    this.#time(held);
    this.#marks(held);
    this.composer.speaks(held.language.code);
    if (this.stage !== `${held.stage} ${held.until} ${held.urgency}`) this.#stage(held);
    attribute(this.typing, 'hidden', !held.typing);
    this.thread.update(held);
    this.composer.update(held);
  }

  focus() {
    if (this.stage.startsWith('active')) this.composer.focus();
    else (this.banner.querySelector('button') ?? this.name).focus();
  }

  /** @param {string} text */
  fail(text) {
    say(this.problem, text);
    attribute(this.problem, 'hidden', text === '');
  }

  /** @param {Held} held */
  #time(held) {
    const waits = awaitsReply(held);
    say(this.clockWord, waits ? 'waits for your reply ' : held.stage === 'active' ? 'with you ' : '');
    this.clock.hidden = held.stage !== 'active';
    if (this.clock.hidden) stopTimer(this.clock);
    else setTimer(this.clock, { since: waits ? waitingSince(held) : held.since });
  }

  /** @param {Held} held */
  #marks(held) {
    const wish = preference(held);
    const { follows } = held;
    const marks = [
      held.urgency === 'normal' ? '' : `u:${held.urgency}`, wish ? `p:${wish}` : '', held.doubtful ? 'd:' : '', held.customer_away ? 'a:' : '', held.follows ? `f:${held.follows.id}` : '',
    ].join('|');
    const line = [CHANNELS[held.channel], held.reference, held.service_name ?? held.service ?? '', languageName(held.language.code)].join('|');
    if (this.marks.getAttribute('data-is') === marks + line) return;
    attribute(this.marks, 'data-is', marks + line);
    put(this.marks,
      wish && h('span', { class: 'tag preference' }, icon('info', 13), wish),
      held.urgency === 'normal' ? null : h('span', { class: `urgency ${held.urgency}` }, held.urgency === 'low' ? null : icon(held.urgency, 13), URGENCY[held.urgency]),
      h('span', null, CHANNELS[held.channel]), h('span', null, held.reference),
      follows ? h('button', { type: 'button', class: 'plain', onclick: () => void readEarlier(follows, this.page) }, icon('note', 13), `Goes on from ${follows.reference}`) : null,
      held.service_name ?? held.service ? h('span', null, held.service_name ?? held.service) : null,
      h('span', { class: 'tag' }, languageName(held.language.code)),
      held.doubtful && h('span', { class: 'tag warn' }, icon('robot', 13), 'Looks automatic or forged'),
      held.customer_away && h('span', { class: 'tag' }, icon('away', 13), 'Has left the page'));
  }

  /** @param {Held} held */
  #stage(held) {
    const had = this.element.contains(document.activeElement) && document.activeElement !== this.composer.box;
    this.stage = `${held.stage} ${held.until} ${held.urgency}`;
    attribute(this.element, 'data-stage', held.stage);
    this.composer.stage(held.stage);
    const tool = (/** @type {string} */ key, /** @type {string} */ sign, /** @type {string} */ name, /** @type {() => void} */ run, extra = '') => h('button',
      { type: 'button', class: `tool ${extra}`, 'aria-keyshortcuts': `${key} Alt+${key}`, onclick: run }, icon(sign, 14), h('span', null, name), h('kbd', null, key));
    const { actions } = this.page;
    const [close, transfer] = [tool('C', 'check', 'Close', () => void actions.close(this.id), 'strong'), tool('T', 'transfer', 'Transfer', () => void actions.transfer(this.id))];
    const tools = {
      active: [tool('P', 'pause', 'Park', () => void actions.park(this.id)), transfer, close],
      parked: [tool('U', 'play', 'Take up again', () => void actions.resume(this.id)), transfer, close],
      wrap_up: [],
    };
    put(this.tools, ...(tools[/** @type {'active'} */ (held.stage)] ?? []));
    attribute(this.tools, 'hidden', held.stage === 'wrap_up');
    this.#banner(held);
    if (had && !this.element.contains(document.activeElement)) this.focus();
  }

  /** @param {Held} held */
  #banner(held) {
    const { actions } = this.page;
    const about = {
      wrap_up: () => [icon('check'), h('p', null, h('b', null, 'Wrap-up'), held.until ? ' ends by itself in ' : '', held.until ? timer({ until: held.until, soon: 15 }) : null,
        '. Notes can still be added.'),
      h('button', { type: 'button', class: 'primary', 'aria-keyshortcuts': 'Enter', onclick: () => void actions.endWrapUp(this.id) }, 'End wrap-up', h('kbd', null, '↵'))],
      parked: () => [icon('pause'), h('p', null, h('b', null, 'Parked'), held.until ? ', comes back in ' : ' until they write.', held.until ? timer({ until: held.until }) : null)],
      emergency: () => [icon('emergency', 20), h('p', null, h('b', null, 'Emergency'), '. This line is not monitored as an emergency line: make sure they know to call 911.'),
        held.alarm ? h('button', { type: 'button', class: 'primary', onclick: () => void actions.seenEmergency(this.id) }, 'I have seen it') : null,
        h('button', { type: 'button', onclick: () => void actions.notAnEmergency(this.id) }, 'Not an emergency…')],
    };
    const kind = held.stage === 'wrap_up' || held.stage === 'parked' ? held.stage : held.urgency === 'emergency' ? 'emergency' : null;
    attribute(this.banner, 'hidden', kind === null);
    attribute(this.banner, 'data-kind', kind);
    put(this.banner, ...(kind ? about[kind]() : []));
  }
}
