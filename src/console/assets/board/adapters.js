// @ts-check
// The ways in and out that depend on others: each mailbox and the relay, the troubled ones first.

import { clockTime, setTimer, stopTimer, timer } from '../clock.js';
import { attribute, h, put, say } from '../dom.js';
import { icon } from '../icons.js';
import { reconcile } from '../list.js';

/** @typedef {import('../../protocol.d.ts').Adapter} Adapter */

/** Shape and word of each state; colour comes beside them. @type {Record<Adapter['state'], [string, string]>} */
const STATES = {
  down: ['cross', 'Down'], degraded: ['urgent', 'Degraded'], starting: ['soon', 'Starting'], untried: ['pause', 'Not tried yet'],
  up: ['check', 'Up'], stopped: ['pause', 'Stopped'],
};

export class Adapters {
  #list = h('ul', { class: 'adapters' });
  element = h('section', { 'aria-labelledby': 'h-adapters', hidden: true }, h('h2', { id: 'h-adapters' }, 'Mail in and out'), this.#list);

  /** @param {Adapter[]} adapters the worst first */
  update(adapters) {
    attribute(this.element, 'hidden', adapters.length === 0);
    reconcile(this.#list, adapters, (adapter) => adapter.name, card, fill);
  }
}

function card() {
  return h('li', { class: 'adapter' }, h('span', { class: 'adapter-state' }), h('b', { class: 'adapter-name' }), h('span', { class: 'adapter-since' }), h('span', { class: 'adapter-why' }),
    h('span', { class: 'adapter-facts soft' }, h('span'), h('span', null, 'the oldest waits ', timer({ since: 0 }))));
}

/** @param {Element} node @param {Adapter} adapter */
function fill(node, adapter) {
  const [state, name, since, why, facts] = /** @type {HTMLElement[]} */ ([...node.children]);
  const [sign, word] = STATES[adapter.state];
  if (node.getAttribute('data-state') !== adapter.state) put(state, icon(sign, 14), word);
  attribute(node, 'data-state', adapter.state);
  say(name, adapter.name);
  say(since, adapter.since && adapter.state !== 'up' && adapter.state !== 'untried' ? `since ${clockTime(adapter.since)}` : '');
  say(why, adapter.why ?? '');
  const [told, lag] = /** @type {HTMLElement[]} */ ([...facts.children]);
  say(told, [adapter.backlog > 0 ? `${adapter.backlog} to do` : '', adapter.last_success ? `all done at ${clockTime(adapter.last_success)}` : ''].filter(Boolean).join(' · '));
  lag.hidden = adapter.oldest === null;
  const clock = /** @type {HTMLElement} */ (lag.firstElementChild);
  if (adapter.oldest === null) stopTimer(clock);
  else setTimer(clock, { since: adapter.oldest });
}
