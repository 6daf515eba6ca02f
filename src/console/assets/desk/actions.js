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

  /**
   * Ask for it, and wait until the desk shows it.
   * @param {number} id @param {string} path @param {unknown} [body] @param {() => void} [focus] moves on, unless the rep has gone on writing meanwhile
   * @param {boolean} [leaves] it is then no longer on this desk
   * @returns {Promise<boolean>} was it done?
   */
  async #do(id, path, body = {}, focus = () => {}, leaves = false) {
    const { desk } = this.page;
    this.page.fail(id, '');
    const since = desk.changes(id);
    const { typed } = this.page.writing;
    if (leaves) desk.leaving.add(id);
    try {
      await request('POST', `/contacts/${id}/${path}`, body);
      if (leaves) {
        this.page.drafts.drop(id);
        desk.drop(id, 'elsewhere');
      } else await this.#changed(id, since);
      if (typed === this.page.writing.typed) focus();
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
    if (disposition) await this.#do(id, 'close', { disposition }, () => this.page.focusOn(id));
  }

  /** @param {number} id */
  async endWrapUp(id) {
    await this.#do(id, 'wrap-up/end', {}, () => this.page.focusCurrent(), true);
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
    await this.#do(id, 'park', until === null ? {} : { until: Math.round(until) });
  }

  /** @param {number} id */
  async resume(id) {
    await this.#do(id, 'resume', {}, () => this.page.focusOn(id));
  }

  /** @param {number} id */
  async transfer(id) {
    const held = this.#held(id);
    if (!held || held.stage === 'wrap_up') return;
    const { desk, drafts } = this.page;
    const done = await transferDialog(held, this.page, async (to) => {
      desk.leaving.add(id);
      try {
        await request('POST', `/contacts/${id}/transfer`, to);
        return null;
      } catch (error) {
        desk.leaving.delete(id);
        return sentence(error);
      }
    });
    if (!done) return;
    drafts.drop(id);
    desk.drop(id, 'elsewhere');
    desk.leaving.delete(id);
    this.page.focusCurrent();
    this.page.toast(`${personName(held)} was transferred.`);
  }

  /** @param {number} id */
  async notAnEmergency(id) {
    const sure = await choose('Not an emergency?', [['y', 'yes', 'Yes, it is an ordinary request', 'It keeps its place in line, without the alarm.'], ['n', 'no', 'No, leave it as it is']]);
    if (sure === 'yes') await this.#do(id, 'not-an-emergency');
  }

  /** @param {number} id @param {string} language @returns {Promise<boolean>} was it kept? */
  async setLanguage(id, language) {
    this.page.fail(id, '');
    try {
      this.page.desk.keep(/** @type {import('./state.js').Contact} */ (await request('PUT', `/contacts/${id}/language`, { language })));
      return true;
    } catch (error) {
      this.page.fail(id, sentence(error));
      return false;
    }
  }

  /** @param {number} id */
  async seenEmergency(id) {
    await this.#do(id, 'acknowledge');
  }

  /** The answer says only "done"; the live line tells the rest. Ask, should it be down. @param {number} id @param {number} since */
  async #changed(id, since) {
    const { desk } = this.page;
    if (await desk.news(id, since)) return;
    try {
      desk.keep(/** @type {import('./state.js').Contact} */ (await request('GET', `/contacts/${id}`)), true);
    } catch { /* the line comes back with everything */ }
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
