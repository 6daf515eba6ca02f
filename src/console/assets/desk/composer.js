// @ts-check
// Where a rep writes: a reply to the person or a note for staff. They look different, and each keeps its own draft.

import { request } from '../api.js';
import { attribute, h, put, say } from '../dom.js';
import { icon } from '../icons.js';
import { others } from '../mail.js';
import { isLive, isWritten, languageName, ownName } from '../words.js';

/** Tell the customer at most this often that we are typing, and that we stopped after this long without a key. */
const TYPING_EVERY_MS = 3_000;
const TYPING_STOP_MS = 5_000;
/** As long as a message may be. */
const MOST = 8_000;

export class Composer {
  #mode = /** @type {'reply' | 'note'} */ ('reply');
  #texts = { reply: '', note: '' };
  #typedAt = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #stop;

  /**
   * @param {import('./state.js').Held} held
   * @param {import('./page.js').Page} page
   */
  constructor(held, page) {
    this.id = held.id;
    this.page = page;
    this.channel = held.channel;
    this.language = held.language.code;
    this.box = h('textarea', { id: `box-${held.id}`, 'data-contact': held.id, rows: 2, maxlength: MOST, dir: 'auto', onkeydown: (/** @type {KeyboardEvent} */ e) => this.#key(e), oninput: () => this.#input() });
    this.label = h('label', { for: this.box.id, class: 'visually-hidden' });
    this.modes = { reply: this.#modeButton('reply', 'Reply', 'send', 'R'), note: this.#modeButton('note', 'Note', 'note', 'N') };
    this.sign = h('p', { class: 'note-sign', hidden: true }, icon('note'), 'Note: staff only, never sent');
    this.goesTo = h('p', { class: 'goes-to', id: `to-${held.id}`, hidden: true });
    this.hint = h('span', { class: 'hint', id: `hint-${held.id}` });
    this.button = h('button', { type: 'submit', class: 'primary send' });
    this.box.setAttribute('aria-describedby', `${this.goesTo.id} ${this.hint.id}`);
    this.element = h('form', { class: 'composer', onsubmit: (/** @type {Event} */ e) => { e.preventDefault(); this.#send(); } },
      h('div', { class: 'modes', role: 'group', 'aria-label': 'What you write' }, this.modes.reply, this.modes.note, this.sign),
      this.goesTo, this.label, this.box, h('div', { class: 'composer-foot' }, this.hint, this.button));
    this.ended = false;
    attribute(this.modes.reply, 'hidden', !this.canReply);
    const draft = page.drafts.get(held.id);
    if (draft) this.#texts = { reply: draft.reply, note: draft.note };
    this.mode(draft?.mode ?? 'reply');
  }

  /** @param {'reply' | 'note'} mode */
  mode(mode) {
    this.#mode = this.canReply ? mode : 'note';
    const note = this.#mode === 'note';
    this.box.value = this.#texts[this.#mode];
    this.element.classList.toggle('noting', note);
    this.sign.hidden = !note;
    attribute(this.goesTo, 'hidden', note || this.ended || this.goesTo.childElementCount === 0);
    attribute(this.modes.reply, 'aria-pressed', String(!note));
    attribute(this.modes.note, 'aria-pressed', String(note));
    const own = ownName(this.language);
    const language = `${languageName(this.language)}${own ? ` (${own})` : ''}`;
    say(this.label, note ? 'Note for staff' : `Reply in ${language}`);
    this.box.placeholder = note ? 'Write a note for your colleagues…' : `Reply in ${language}…`;
    attribute(this.box, 'lang', note ? null : this.language);
    put(this.hint, this.#enterSends ? 'Enter sends' : 'Ctrl+Enter sends', this.#enterSends && h('span', { class: 'where-wide' }, ' · Shift+Enter new line'));
    put(this.button, icon(note ? 'note' : 'send'), note ? 'Keep note' : 'Send');
    this.#input(false);
  }

  focus() {
    this.box.focus();
  }

  /** Back to where the caret was. @param {import('./writing.js').Caret} caret */
  focusAt(caret) {
    this.box.focus();
    this.box.setSelectionRange(caret.start, caret.end);
  }

  /** A rep has said which one it is in. @param {string} language */
  speaks(language) {
    if (this.language === language) return;
    this.language = language;
    this.mode(this.#mode);
  }

  /** Where a reply goes and what they write, before it is written. @param {import('./state.js').Held} held */
  update(held) {
    const last = held.messages.findLast((message) => message.from.by === 'customer')?.mail;
    const other = last?.other_sender ? last.from : null;
    const along = others(last) - (last?.also_to?.some((address) => address.toLowerCase() === held.mailed_to?.toLowerCase()) ? 1 : 0);
    attribute(this.goesTo, 'hidden', !held.mailed_to || this.#mode === 'note' || this.ended);
    const now = `${held.mailed_to} ${other} ${along}`;
    if (!held.mailed_to || this.goesTo.dataset.is === now) return;
    this.goesTo.dataset.is = now;
    put(this.goesTo, icon('email', 13), h('span', null, 'Will be mailed to ', h('b', { dir: 'ltr' }, held.mailed_to), along > 0 && ' only'),
      along > 0 && h('span', null, along === 1 ? 'not to the other one on their mail' : `not to the ${along} others on their mail`),
      h('span', null, `writes ${languageName(this.language)}`),
      other && h('span', { class: 'tag warn' }, icon('urgent', 12), h('span', null, 'Not to ', h('b', { dir: 'ltr' }, other), ', who wrote last')));
  }

  /** In wrap-up there is nobody to answer any more. @param {import('../../protocol.d.ts').Stage} stage */
  stage(stage) {
    if (this.ended === (stage === 'wrap_up')) return;
    this.ended = stage === 'wrap_up';
    attribute(this.modes.reply, 'hidden', !this.canReply);
    this.mode(this.#mode);
  }

  get canReply() {
    return isWritten(this.channel) && !this.ended;
  }

  get hasDraft() {
    return this.#texts.reply.trim() !== '' || this.#texts.note.trim() !== '';
  }

  /** Put words back, for example those of a message that was refused. @param {'reply' | 'note'} kind @param {string} text */
  restore(kind, text) {
    this.#texts[kind] = [this.#texts[kind], text].filter((part) => part !== '').join('\n');
    this.mode(kind);
    this.#input(false);
    this.focus();
  }

  /** On live channels the conversation is quick; mail is written in paragraphs. */
  get #enterSends() {
    return this.#mode === 'reply' && (isLive(this.channel) || this.channel === 'sms');
  }

  /** @param {'reply' | 'note'} mode @param {string} name @param {string} sign @param {string} key */
  #modeButton(mode, name, sign, key) {
    return h('button', { type: 'button', class: 'mode', 'aria-keyshortcuts': `${key} Alt+${key}`, onclick: () => { this.mode(mode); this.focus(); } }, icon(sign, 14), name, h('kbd', null, key));
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.key !== 'Enter' || event.isComposing || event.altKey) return;
    const wanted = this.#enterSends ? !event.shiftKey : event.ctrlKey || event.metaKey;
    if (!wanted) return;
    event.preventDefault();
    this.#send();
  }

  /** @param {boolean} [byHand] */
  #input(byHand = true) {
    this.#texts[this.#mode] = this.box.value;
    this.page.drafts.set(this.id, { ...this.#texts, mode: this.#mode });
    if (byHand) this.page.draftsChanged.touch();
    attribute(this.button, 'aria-disabled', String(this.box.value.trim() === ''));
    if (byHand && this.#mode === 'reply' && this.channel === 'chat') this.#typing(this.box.value !== '');
  }

  #send() {
    const text = this.box.value.trim();
    if (text === '') return;
    clearTimeout(this.#stop);
    this.#typedAt = 0;
    void this.page.outbox.send(this.id, this.#mode, text);
    this.box.value = '';
    this.#input(false);
    this.page.draftsChanged.touch();
    if (this.#mode === 'note' && this.canReply) this.mode('reply');
  }

  /** @param {boolean} on */
  #typing(on) {
    clearTimeout(this.#stop);
    const tell = (/** @type {boolean} */ value) => void request('POST', `/contacts/${this.id}/typing`, { on: value }).catch(() => {});
    if (on) {
      this.#stop = setTimeout(() => { this.#typedAt = 0; tell(false); }, TYPING_STOP_MS);
      if (Date.now() - this.#typedAt < TYPING_EVERY_MS) return;
      this.#typedAt = Date.now();
    } else if (this.#typedAt === 0) return;
    else this.#typedAt = 0;
    tell(on);
  }
}
