// @ts-check
// One held mail: why nobody has it, what it says, and the decision.

import { Problem, request, sentence } from '../api.js';
import { choose } from '../choose.js';
import { clockTime } from '../clock.js';
import { attribute, h, put, say } from '../dom.js';
import { icon } from '../icons.js';
import { originalLink, showAsSent, trustMark } from '../mail.js';
import { fileSize } from '../words.js';

/** @typedef {import('../../protocol.d.ts').Held} Held */
/** @typedef {import('../../protocol.d.ts').HeldMail} HeldMail */

export class MailPane {
  #title = h('h2', { id: 'mail-title', tabindex: -1, dir: 'auto' });
  #about = h('p', { class: 'conversation-marks' });
  #why = h('p', null);
  #problem = h('p', { class: 'problem', role: 'alert', hidden: true });
  #body = h('div', { class: 'mail-body', tabindex: 0, role: 'region', 'aria-label': 'What it says' });
  #buttons = {
    release: h('button', { type: 'button', class: 'primary', 'aria-keyshortcuts': 'R', onclick: () => void this.release() }, icon('send', 14), 'Release…', h('kbd', null, 'R')),
    discard: h('button', { type: 'button', 'aria-keyshortcuts': 'D', onclick: () => void this.discard() }, icon('trash', 14), 'Discard…', h('kbd', null, 'D')),
  };
  #progress = h('span', { class: 'soft', role: 'status' });
  #tools = h('div', { class: 'mail-buttons' });
  element = h('article', { class: 'sheet', 'aria-labelledby': 'mail-title' },
    h('header', null, this.#title, this.#about, h('div', { class: 'why-held' }, icon('info', 18), h('div', null, h('b', null, 'Why it is held'), this.#why)),
      h('div', { class: 'decide', role: 'group', 'aria-label': 'Decide' }, this.#buttons.release, this.#buttons.discard, this.#progress, h('span', { class: 'spring' }), this.#tools), this.#problem),
    this.#body);
  /** @type {Held | null} */ #mail = null;

  /** Several are being decided on, one after the other. */
  deciding = false;

  /** @param {{ decided: (ids: number[], words: string) => void, sameSender: (mail: Held) => Held[] }} page */
  constructor(page) {
    this.page = page;
  }

  /** @param {Held} mail */
  async open(mail) {
    if (this.#mail?.id === mail.id) return;
    this.#mail = mail;
    this.#problem.hidden = true;
    say(this.#title, mail.subject || 'No subject');
    put(this.#about, h('span', { class: 'address', dir: 'ltr' }, mail.from ?? 'No sender'), h('span', null, `to ${mail.mailbox}`), h('span', null, clockTime(mail.arrived)), h('span', null, fileSize(mail.size)), trustMark(mail.trust));
    say(this.#why, mail.why);
    put(this.#tools, mail.original ? originalLink(`/held/${mail.id}`) : null);
    put(this.#body, h('p', { class: 'soft' }, 'Reading it…'));
    try {
      const whole = /** @type {HeldMail} */ (await request('GET', `/held/${mail.id}`));
      if (this.#mail?.id === mail.id) this.#fill(whole);
    } catch (error) {
      if (this.#mail?.id === mail.id) put(this.#body, h('p', { class: 'problem', role: 'alert' }, sentence(error)));
    }
  }

  /** @param {HeldMail} mail */
  #fill(mail) {
    if (mail.html) this.#tools.prepend(h('button', { type: 'button', class: 'plain', onclick: () => void showAsSent(`/held/${mail.id}`) }, icon('code', 13), 'Show as sent (HTML)'));
    put(this.#body,
      mail.problem ? h('p', { class: 'unreadable' }, icon('urgent', 14), `Only its start can be shown: ${mail.problem}.`) : null,
      mail.headers.length > 0 ? h('details', { class: 'fields' }, h('summary', null, 'From, to and the like'), h('dl', null, mail.headers.map(({ name, value }) => h('div', null, h('dt', null, name), h('dd', { dir: 'auto' }, value))))) : null,
      h('p', { class: 'text', dir: 'auto' }, mail.text.trim() || 'It holds no text.'),
      mail.folded.trim() ? h('details', { class: 'fields' }, h('summary', null, 'Quoted text and signature'), h('p', { class: 'text quoted', dir: 'auto' }, mail.folded.trim())) : null,
      mail.files.length > 0 ? h('div', { class: 'enclosed' }, h('h3', null, `Files (${mail.files.length})`), h('ul', null, mail.files.map((file) => h('li', null, icon('file', 14), h('span', { dir: 'auto' }, file.name), h('span', { class: 'soft' }, fileSize(file.bytes))))),
        h('p', { class: 'soft' }, 'Files are opened from the contact, once the mail is released.')) : null);
    this.#body.scrollTop = 0;
  }

  async release() {
    const mail = this.#mail;
    if (!mail) return;
    await this.#ask(mail, 'release', 'Release', mail.original ? 'It becomes a contact and goes to a representative.' : 'It becomes a contact without its text: a representative looks after it in the mailbox.');
  }

  async discard() {
    const mail = this.#mail;
    if (!mail) return;
    await this.#ask(mail, 'discard', 'Discard', 'It is off this list, answered by nobody, and kept.');
  }

  /** @param {Held} mail @param {'release' | 'discard'} what @param {string} word @param {string} hint */
  async #ask(mail, what, word, hint) {
    if (this.deciding) return;
    const all = this.page.sameSender(mail);
    const more = /** @type {const} */ (['a', 'all', `${word} all ${all.length} of this sender`, 'Each is decided on its own, as they stand in the list.']);
    const sure = await choose(`${word} this mail?`, [['y', 'yes', word, hint], ...(all.length > 1 ? [more] : []), ['n', 'no', 'Keep it held']],
      { explain: [h('p', { dir: 'auto' }, h('b', null, mail.subject || 'No subject')), h('p', null, `From ${mail.from ?? 'nobody'}. Your name is kept with the decision.`)] });
    if (sure === 'yes') await this.#decide(mail, what);
    if (sure === 'all') await this.#decideAll(all, what, what === 'release' ? 'Released' : 'Discarded');
  }

  /** One after the other, up to the first that cannot be decided on. @param {Held[]} mails @param {'release' | 'discard'} what @param {string} done */
  async #decideAll(mails, what, done) {
    this.deciding = true;
    this.#problem.hidden = true;
    attribute(this.#buttons[what], 'data-busy', true);
    /** @type {number[]} */ const decided = [];
    let stopped = '';
    for (const mail of mails) {
      say(this.#progress, `${done} ${decided.length} of ${mails.length}…`);
      try {
        await request('POST', `/held/${mail.id}/${what}`, {});
      } catch (error) {
        stopped = `Stopped at “${mail.subject || 'No subject'}” of ${clockTime(mail.arrived)}: ${sentence(error)}`;
        break;
      }
      decided.push(mail.id);
    }
    this.deciding = false;
    say(this.#progress, '');
    attribute(this.#buttons[what], 'data-busy', false);
    const words = `${done} ${decided.length} of ${mails.length} of ${mails[0].from}.`;
    if (decided.length > 0) this.page.decided(decided, stopped ? `${words} ${stopped}` : words);
    if (stopped) this.#fail(stopped);
  }

  /** @param {string} words */
  #fail(words) {
    say(this.#problem, words);
    this.#problem.hidden = false;
  }

  /** @param {Held} mail @param {'release' | 'discard'} what */
  async #decide(mail, what) {
    this.#problem.hidden = true;
    attribute(this.#buttons[what], 'data-busy', true);
    try {
      const done = /** @type {{ reference?: string } | null} */ (await request('POST', `/held/${mail.id}/${what}`, {}));
      const as = done?.reference ? ` It is ${done.reference} now.` : '';
      this.page.decided([mail.id], what === 'release' ? `Released.${as}` : 'Discarded.');
    } catch (error) {
      if (error instanceof Problem && error.status === 409) this.page.decided([mail.id], error.message);
      else this.#fail(sentence(error));
    }
    attribute(this.#buttons[what], 'data-busy', false);
  }
}
