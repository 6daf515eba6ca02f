// @ts-check
// What a rep does with a contact. Nothing is shown as done before the server has kept it; a failure stands on the conversation.

import { request, sentence } from '../api.js';
import { now } from '../clock.js';
import { h } from '../dom.js';
import { DISPOSITIONS } from '../words.js';
import { ask, choose } from '../choose.js';
import { personName } from './state.js';
import { transferDialog } from './transfer.js';

/** @typedef {import('./state.js').Held} Held */

const MINUTE = 60e6;

export class Actions {
  /** @param {import('./page.js').Page} page */
  constructor(page) {
    this.page = page;
  }

  /** @param {number} id @param {string} path @param {unknown} [body] @returns {Promise<boolean>} */
  async #do(id, path, body = {}) {
    const { desk } = this.page;
    this.page.fail(id, '');
    try {
      await request('POST', `/contacts/${id}/${path}`, body);
      return true;
    } catch (error) {
      desk.leaving.delete(id);
      this.page.fail(id, sentence(error));
      return false;
    }
  }

  /** @param {number} id */
  #held(id) {
    return this.page.desk.contacts.peek().get(id);
  }

  /** @param {number} id */
  async close(id) {
    const held = this.#held(id);
    if (!held || (held.stage !== 'active' && held.stage !== 'parked')) return;
    const draft = this.page.hasDraft(id);
    const disposition = await choose(`How did it end? ${personName(held)}`, DISPOSITIONS, {
      explain: draft ? [h('p', { class: 'problem' }, 'There is a draft that was not sent. Closing leaves it unsent.')] : [],
    });
    if (disposition && await this.#do(id, 'close', { disposition })) {
      await this.#changed(id, 'closed');
      this.page.focusOn(id);
    }
  }

  /** @param {number} id */
  async endWrapUp(id) {
    this.page.desk.leaving.add(id);
    if (await this.#do(id, 'wrap-up/end')) {
      this.page.desk.drop(id, 'closed');
      this.page.focusCurrent();
    }
  }

  /** @param {number} id */
  async park(id) {
    const held = this.#held(id);
    if (held?.stage !== 'active') return;
    const choice = await choose(`Park until when? ${personName(held)}`, [
      ['w', 'write', 'Until they write', 'It comes back to you first when they answer.'],
      ['q', '15', '15 minutes'], ['h', '60', 'One hour'], ['t', 'tomorrow', 'Tomorrow, 9:00'], ['o', 'other', 'Another time…'],
    ]);
    if (!choice) return;
    const until = choice === 'write' ? null : choice === 'tomorrow' ? tomorrowMorning() : choice === 'other' ? await askTime() : now() + Number(choice) * MINUTE;
    if (choice === 'other' && until === null) return;
    if (await this.#do(id, 'park', until === null ? {} : { until: Math.round(until) })) await this.#changed(id, 'returned');
  }

  /** @param {number} id */
  async resume(id) {
    if (await this.#do(id, 'resume')) {
      await this.#changed(id, 'returned');
      this.page.focusOn(id);
    }
  }

  /** @param {number} id */
  async transfer(id) {
    const held = this.#held(id);
    if (!held || held.stage === 'wrap_up') return;
    const to = await transferDialog(held, this.page);
    if (!to) return;
    this.page.desk.leaving.add(id);
    if (await this.#do(id, 'transfer', to)) {
      this.page.toast(`${personName(held)} was transferred.`);
      await this.#changed(id, 'transferred');
      this.page.focusCurrent();
    }
  }

  /** @param {number} id */
  async notAnEmergency(id) {
    const sure = await choose('Not an emergency?', [['y', 'yes', 'Yes, it is an ordinary request', 'It keeps its place in line, without the alarm.'], ['n', 'no', 'No, leave it as it is']]);
    if (sure === 'yes' && await this.#do(id, 'not-an-emergency')) await this.#changed(id, 'returned');
  }

  /** The answer says only "done"; the live line tells the rest. Ask, should the line be down. @param {number} id @param {string} why */
  async #changed(id, why) {
    const { desk } = this.page;
    if (!desk.contacts.peek().has(id)) return;
    try {
      const contact = /** @type {import('./state.js').Contact} */ (await request('GET', `/contacts/${id}`));
      const mine = contact.rep === desk.me.peek()?.id;
      if (mine && contact.stage !== 'closed') desk.keep(contact, true);
      else {
        desk.leaving.add(id);
        desk.drop(id, why);
      }
    } catch {
      if (why === 'transferred') desk.drop(id, why);
    }
  }
}

function tomorrowMorning() {
  const date = new Date(now() / 1000);
  date.setDate(date.getDate() + 1);
  date.setHours(9, 0, 0, 0);
  return date.getTime() * 1000;
}

/** @returns {Promise<number | null>} microseconds */
async function askTime() {
  return ask('Park until', (close) => {
    const soon = new Date(now() / 1000 + 3_600_000);
    const local = (/** @type {Date} */ date) => new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
    const field = h('input', { type: 'datetime-local', id: 'park-until', value: local(soon), min: local(new Date(now() / 1000)), required: true });
    const form = h('form', { class: 'stack', onsubmit: (/** @type {Event} */ event) => { event.preventDefault(); close(new Date(field.value).getTime() * 1000); } },
      h('label', { for: 'park-until' }, 'Day and time'), field, h('button', { type: 'submit', class: 'primary' }, 'Park'));
    return { body: [form], first: field };
  });
}
