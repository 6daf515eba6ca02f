// @ts-check
// Emergencies that no person has acknowledged: on top, audible, with what they are about and how to take responsibility for them.

import { request, sentence } from '../api.js';
import { timer } from '../clock.js';
import { attribute, h, put, say } from '../dom.js';
import { icon } from '../icons.js';
import { reconcile } from '../list.js';
import { CHANNELS, languageName } from '../words.js';

/** @typedef {import('../../protocol.d.ts').Contact} Contact */

export class Emergencies {
  #list = h('div', { class: 'offer-list' });
  element = h('section', { class: 'emergencies', 'aria-label': 'Emergencies not acknowledged', hidden: true }, this.#list);
  /** @type {Map<number, Contact | null>} */ #known = new Map();
  #ids = /** @type {number[]} */ ([]);

  /** @param {{ explain: (contact: number) => void, news: (text: string) => void }} page */
  constructor(page) {
    this.page = page;
  }

  /** @param {number[]} ids */
  update(ids) {
    for (const id of ids) if (!this.#ids.includes(id)) void this.#look(id);
    for (const id of this.#known.keys()) if (!ids.includes(id)) this.#known.delete(id);
    this.#ids = ids;
    attribute(this.element, 'hidden', ids.length === 0);
    reconcile(this.#list, ids, (id) => id, (id) => this.#card(id), (node, id) => this.#fill(node, id));
  }

  /** @param {number} id */
  async #look(id) {
    this.page.news('Emergency that nobody has acknowledged.');
    try {
      const contact = /** @type {Contact} */ (await request('GET', `/contacts/${id}/glance`));
      if (!this.#ids.includes(id)) return;
      this.#known.set(id, contact);
      this.page.news(`Emergency that nobody has acknowledged: ${contact.subject}`);
      this.update(this.#ids);
    } catch { /* its number is enough to acknowledge it */ }
  }

  /** @param {number} id */
  #card(id) {
    const problem = h('p', { class: 'problem', role: 'alert', hidden: true });
    return h('article', { class: 'alarm-card', 'aria-label': `Emergency, contact ${id}` },
      h('div', { class: 'alarm-head' }, h('span', { class: 'urgency emergency' }, icon('emergency', 20), 'EMERGENCY'), h('b', { class: 'alarm-subject', dir: 'auto' }, `Contact ${id}`), h('span', { class: 'alarm-about' })),
      h('div', { class: 'alarm-tools' },
        h('button', { type: 'button', onclick: () => this.page.explain(id) }, 'Who could take it'),
        h('button', { type: 'button', class: 'accept', onclick: () => void this.#acknowledge(id, problem) }, icon('check'), 'Acknowledge')), problem);
  }

  /** @param {Element} node @param {number} id */
  #fill(node, id) {
    const contact = this.#known.get(id);
    const about = /** @type {HTMLElement} */ (node.querySelector('.alarm-about'));
    if (!contact || about.childElementCount > 0) return;
    say(/** @type {HTMLElement} */ (node.querySelector('.alarm-subject')), contact.subject || contact.reference);
    put(about, `${CHANNELS[contact.channel]}, ${languageName(contact.language.code)}, ${contact.reference}, came `, timer({ since: contact.opened_at }), ' ago');
  }

  /** @param {number} id @param {HTMLElement} problem */
  async #acknowledge(id, problem) {
    try {
      await request('POST', `/contacts/${id}/acknowledge`, {});
      this.update(this.#ids.filter((other) => other !== id));
    } catch (error) {
      say(problem, sentence(error));
      problem.hidden = false;
    }
  }
}
