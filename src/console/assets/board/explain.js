// @ts-check
// Why is this contact still waiting, who could take it, what is each of them missing; and give it to one of them.

import { request, sentence } from '../api.js';
import { clockTime } from '../clock.js';
import { choose } from '../choose.js';
import { attribute, h, put, say } from '../dom.js';
import { icon } from '../icons.js';
import { CHANNELS, label, lack, languageName, presenceName } from '../words.js';
import { name } from './reps.js';

/** @typedef {import('../../protocol.d.ts').Explanation} Explanation */
/** @typedef {import('../../protocol.d.ts').RepAnswer} RepAnswer */
/** @typedef {import('../../protocol.d.ts').Contact} Contact */

/** Asked again this often while it is open. */
const AGAIN_MS = 2_000;

export class Explain {
  #title = h('h2', { id: 'explain-title', tabindex: -1 });
  #about = h('p', { class: 'soft' });
  #problem = h('p', { class: 'problem', role: 'alert', hidden: true });
  #sentences = h('ul', { class: 'sentences' });
  #reps = h('ul', { class: 'answers' });
  element = h('aside', { class: 'explain', 'aria-labelledby': 'explain-title', hidden: true, onkeydown: (/** @type {KeyboardEvent} */ e) => { if (e.key === 'Escape') this.close(); } },
    h('header', null, this.#title, h('button', { type: 'button', class: 'plain', 'aria-label': 'Close', title: 'Close (Esc)', onclick: () => this.close() }, icon('cross'))),
    this.#about, this.#problem, h('h3', null, 'Why it is where it is'), this.#sentences, h('h3', null, 'Who could take it'), this.#reps);
  /** @type {number | null} */ #contact = null;
  /** @type {Element | null} */ #back = null;
  #shown = '';
  #asking = false;

  constructor() {
    setInterval(() => { if (this.#contact !== null && !document.hidden) void this.#ask(); }, AGAIN_MS);
  }

  get contact() {
    return this.#contact;
  }

  /** @param {number} contact */
  async open(contact) {
    if (this.#contact === null) this.#back = document.activeElement;
    this.#contact = contact;
    this.#shown = '';
    attribute(this.element, 'hidden', false);
    say(this.#title, 'Asking why…');
    put(this.#sentences);
    put(this.#reps);
    say(this.#about, '');
    await Promise.all([this.#ask(), this.#look(contact)]);
    this.#title.focus();
  }

  close() {
    this.#contact = null;
    attribute(this.element, 'hidden', true);
    if (this.#back instanceof HTMLElement && this.#back.isConnected) this.#back.focus();
  }

  /** What it is about, from the contact itself. @param {number} contact */
  async #look(contact) {
    try {
      const it = /** @type {Contact} */ (await request('GET', `/contacts/${contact}/glance`));
      if (contact === this.#contact) put(this.#about, h('bdi', { lang: it.language.code }, it.subject), it.service_name ? ` · ${it.service_name}` : '', ` · ${CHANNELS[it.channel]}, ${languageName(it.language.code)}`);
      if (contact === this.#contact) say(this.#title, `Request ${it.reference}`);
    } catch { /* the explanation is what was asked for */ }
  }

  async #ask() {
    const contact = this.#contact;
    if (contact === null || this.#asking) return;
    this.#asking = true;
    try {
      const answer = /** @type {Explanation} */ (await request('GET', `/contacts/${contact}/explanation`));
      if (contact === this.#contact) this.#show(answer);
    } catch (error) {
      if (contact === this.#contact) this.#fail(/** @type {{ status?: number }} */ (error).status === 404 ? 'It is no longer open.' : sentence(error));
    } finally {
      this.#asking = false;
    }
  }

  /** @param {string} text */
  #fail(text) {
    say(this.#problem, text);
    attribute(this.#problem, 'hidden', text === '');
  }

  /** @param {Explanation} it */
  #show(it) {
    this.#fail('');
    if (this.#title.textContent === 'Asking why…') say(this.#title, `Contact ${it.contact}`);
    const now = JSON.stringify([it.sentences, it.reps, it.owner, it.asked, it.stage, it.forecast]);
    if (now === this.#shown) return;
    this.#shown = now;
    const ofReps = it.reps.flatMap((rep) => [`${rep.display || rep.name}: `, `${rep.display || rep.name} could take it`]); // they stand in their own list below
    put(this.#sentences, it.sentences.filter((text) => !ofReps.some((start) => text.startsWith(start))).map((text) => h('li', null, text)));
    const focused = document.activeElement?.closest('[data-rep]')?.getAttribute('data-rep');
    put(this.#reps, [...it.reps].sort((a, b) => distance(a) - distance(b) || name(/** @type {any} */ (a)).localeCompare(name(/** @type {any} */ (b)))).map((rep) => this.#rep(rep, it)));
    if (focused) /** @type {HTMLElement | null} */ (this.#reps.querySelector(`[data-rep='${focused}'] button`))?.focus();
  }

  /** @param {RepAnswer} rep @param {Explanation} it */
  #rep(rep, it) {
    const reasons = [...rep.lacks.map(lack), ...rep.obstacles.map((obstacle) => hindrance(obstacle, it.reps))];
    const [owner, asked] = [it.owner === rep.rep, it.asked.includes(rep.rep)];
    const answer = owner ? 'Has it.' : asked ? 'Is asked now.' : rep.could_take ? COULD[it.stage] ?? 'Could take it over.' : reasons.join('; ');
    const could = rep.could_take || asked;
    const can = it.stage === 'waiting' || it.stage === 'offered' || it.stage === 'active' || it.stage === 'parked';
    return h('li', { class: could ? 'answer could' : 'answer', 'data-rep': rep.rep },
      h('span', { class: 'answer-name' }, icon(owner ? 'hand' : could ? 'check' : 'cross', 14), h('b', null, rep.display || rep.name)),
      h('span', { class: 'answer-why' }, answer),
      owner || !can ? null : h('button', { type: 'button', 'aria-label': `Assign to ${rep.display || rep.name}`, onclick: () => void this.#assign(it.contact, rep, reasons) }, 'Assign'));
  }

  /** @param {number} contact @param {RepAnswer} rep @param {string[]} reasons */
  async #assign(contact, rep, reasons) {
    const who = rep.display || rep.name;
    const sure = await choose(`Assign to ${who}?`, [['y', 'yes', `Yes, give it to ${who}`], ['n', 'no', 'No']], {
      explain: reasons.length > 0 ? [h('p', null, `${who}: ${reasons.join('; ')}.`)] : [],
    });
    if (sure !== 'yes') return;
    try {
      await request('POST', `/contacts/${contact}/assign`, { rep: rep.rep });
      this.#fail('');
      void this.#ask();
    } catch (error) {
      this.#fail(sentence(error));
    }
  }
}

/** What is said of a rep whom nothing keeps from it; held by another, they could take it over. @type {Record<string, string>} */
const COULD = { waiting: 'Could take it now.', offered: 'Could take it if it comes back.' };

/** How far a rep is from taking it. @param {RepAnswer} rep */
function distance(rep) {
  return rep.could_take ? 0 : rep.lacks.length * 10 + rep.obstacles.length + (rep.obstacles.some((one) => one.obstacle === 'offline') ? 100 : 0);
}

/** @param {import('../../protocol.d.ts').Obstacle} it @param {RepAnswer[]} reps */
function hindrance(it, reps) {
  switch (it.obstacle) {
    case 'offline': return 'not ready';
    case 'away': return presenceName('away', it.reason).toLowerCase();
    case 'full': return `full: holds ${it.load} of ${it.capacity}, this weighs ${it.weight}`;
    case 'channel_full': return `holds ${it.most} ${CHANNELS[it.channel].toLowerCase()} already, the most there may be`;
    case 'handed_over': return `handed it over, not asked again until ${clockTime(it.until)}`;
    case 'declined': return `declined it, not asked again until ${clockTime(it.until)}`;
    default: {
      const rep = reps.find((one) => one.rep === it.rep);
      return `kept for ${rep ? rep.display || rep.name : 'another'} until ${clockTime(it.until)}`;
    }
  }
}

