// @ts-check
// One thing that did not arrive: to whom, why, and the conversation it belongs to, so that somebody can reach them in another way,
// and say so.

import { Problem, request, sentence } from '../api.js';
import { ask } from '../choose.js';
import { clockTime } from '../clock.js';
import { attribute, h, put, say } from '../dom.js';
import { icon } from '../icons.js';
import { sendingWords } from '../mail.js';
import { seenLine, showSeen } from '../seen.js';
import { CHANNELS, label, languageName } from '../words.js';

/** @typedef {import('../../protocol.d.ts').Troubled} Troubled */
/** @typedef {import('../../protocol.d.ts').Contact} Contact */
/** @typedef {import('../../protocol.d.ts').Message} Message */

const KINDS = { reply: 'A representative’s answer', acknowledgement: 'The acknowledgement', notice: 'A notice', transcript: 'The transcript of a chat' };

export class TroublePane {
  #title = h('h2', { id: 'trouble-title', tabindex: -1, dir: 'auto' });
  #about = h('p', { class: 'conversation-marks' });
  #why = h('p', { dir: 'auto' });
  #reach = h('dl', { class: 'reach' });
  #body = h('div', { class: 'mail-body', tabindex: 0, role: 'region', 'aria-label': 'The conversation' });
  #problem = h('p', { class: 'problem', role: 'alert', hidden: true });
  #button = h('button', { type: 'button', class: 'primary', 'aria-keyshortcuts': 'D', onclick: () => void this.settle() }, icon('check', 14), 'Dealt with…', h('kbd', null, 'D'));
  element = h('article', { class: 'sheet', 'aria-labelledby': 'trouble-title' },
    h('header', null, this.#title, this.#about, h('div', { class: 'why-held alarm' }, icon('cross', 18), h('div', null, h('b', null, 'What happened'), this.#why)), this.#reach,
      h('div', { class: 'decide' }, this.#button), this.#problem), this.#body);
  /** @type {Troubled | null} */ #trouble = null;
  /** Who looks at it. @type {number | undefined} */ me;

  /** @param {{ settled: (id: number, words: string) => void }} page */
  constructor(page) {
    this.page = page;
  }

  /** @param {Troubled} trouble */
  async open(trouble) {
    if (this.#trouble?.id === trouble.id) return;
    this.#trouble = trouble;
    this.#problem.hidden = true;
    say(this.#title, trouble.subject || trouble.reference);
    put(this.#about, h('span', null, trouble.reference), h('span', null, `${KINDS[trouble.kind]}, ${clockTime(trouble.made_at)}`), h('span', null, trouble.closed ? 'Closed' : 'Open'));
    say(this.#why, trouble.state === 'failed' ? `It could not be delivered to ${trouble.to}${trouble.said ? `: ${trouble.said}` : '.'}`
      : `Nobody knows whether it reached ${trouble.to}. It is not sent again, so that it does not arrive twice.${trouble.said ? ` Last heard: ${trouble.said}` : ''}`);
    const { name, email, phone } = trouble.party ?? {};
    put(this.#reach, ...row('Person', name || 'Gave no name'), ...row('Phone', phone ? h('a', { href: `tel:${phone.replaceAll(/[^+\d]/g, '')}` }, phone) : 'None given'), ...row('Email', email));
    put(this.#body, h('p', { class: 'soft' }, 'Reading the conversation…'));
    try {
      const contact = /** @type {Contact} */ (await request('GET', `/contacts/${trouble.contact}`));
      if (this.#trouble?.id === trouble.id) this.#fill(contact);
    } catch (error) {
      if (this.#trouble?.id === trouble.id) put(this.#body, h('p', { class: 'soft' }, `The conversation cannot be shown: ${sentence(error)}`));
    }
  }

  async settle() {
    const trouble = this.#trouble;
    if (!trouble) return;
    const note = await whatWasDone(trouble);
    if (note === null) return;
    this.#problem.hidden = true;
    attribute(this.#button, 'data-busy', true);
    try {
      await request('POST', `/deliveries/${trouble.id}/settle`, { note });
      this.page.settled(trouble.id, 'Off the list.');
    } catch (error) {
      if (error instanceof Problem && error.status === 409) this.page.settled(trouble.id, error.message);
      else {
        say(this.#problem, sentence(error));
        this.#problem.hidden = false;
      }
    }
    attribute(this.#button, 'data-busy', false);
  }

  /** @param {Contact} contact */
  #fill(contact) {
    put(this.#body, h('h3', null, `${CHANNELS[contact.channel]}, ${languageName(contact.language.code)}${contact.queue ? `, ${label(contact.queue)}` : ''}`),
      ...(contact.messages ?? []).map((message) => said(message, this.me)));
    this.#body.scrollTop = this.#body.scrollHeight;
  }
}

/** @param {Troubled} trouble @returns {Promise<string | null>} a note, perhaps empty; `null` when it stays on the list */
function whatWasDone(trouble) {
  return ask('Dealt with?', (close) => {
    const note = h('textarea', { id: 'settle-note', rows: 3, maxlength: 8_000, dir: 'auto' });
    const body = h('form', { class: 'stack', onsubmit: (/** @type {Event} */ event) => { event.preventDefault(); close(note.value.trim()); } },
      h('p', null, `What did not reach ${trouble.to} is taken off this list. Your name is kept with it; nothing is sent.`),
      h('label', { for: 'settle-note' }, 'What was done, for colleagues (optional)'), note,
      h('p', { class: 'dialog-foot' }, h('button', { type: 'submit', class: 'primary' }, 'Take it off the list')));
    return { body: [body], first: note };
  });
}

/** @param {string} term @param {import('../dom.js').Child} value */
function row(term, value) {
  return value ? [h('div', null, h('dt', null, term), h('dd', { dir: 'auto' }, value))] : [];
}

/** @param {Message} message @param {number} [me] */
function said(message, me) {
  const { by } = message.from;
  const who = { customer: 'Customer', rep: 'Representative', note: 'Note', automatic: 'Told automatically', memo: 'For staff only' }[by];
  const kind = by === 'customer' ? 'theirs' : by === 'rep' ? 'ours' : by;
  const seen = seenLine();
  if (kind !== 'ours' && kind !== 'automatic') showSeen(seen, message.seen ?? [], me, false);
  return h('div', { class: `message ${kind}` }, h('p', { class: 'who' }, h('b', null, who), ' ', h('time', { datetime: new Date(message.at / 1000).toISOString() }, clockTime(message.at))),
    h('p', { class: 'text', dir: 'auto' }, message.text), message.delivery ? h('p', { class: 'state' }, ...sendingWords(message.delivery)) : null, seen);
}
