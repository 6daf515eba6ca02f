// @ts-check
// What was said, oldest first, with what is still on its way at the end.

import { ask } from '../choose.js';
import { clockTime, day } from '../clock.js';
import { attribute, h, put, say } from '../dom.js';
import { icon } from '../icons.js';
import { reconcile } from '../list.js';
import { envelope, letterWords, mailTools, sendingWords } from '../mail.js';
import { sameEyes, seenLine, showSeen } from '../seen.js';
import { fileSize, isLive } from '../words.js';
import { readOther } from './earlier.js';
import { personName } from './state.js';

/** @typedef {import('./state.js').Held} Held */
/** @typedef {import('./state.js').Message} Message */
/** @typedef {import('./outbox.js').Pending} Pending */
/** @typedef {import('../../protocol.d.ts').Letter} Letter */
/**
 * What a thread asks of the page around it.
 * @typedef {object} Reader
 * @property {{ supervisor: boolean }} who
 * @property {{ me: { peek: () => { id: number } | null } }} desk
 * @property {{ items: { get: () => Pending[] }, retry: (pending: Pending) => unknown }} outbox
 * @property {(rep: number | null | undefined) => string} repName
 */
/** @typedef {{ key: string, day: string } | { key: string, letter: Letter } | { key: string, message: Message, seen: import('../../protocol.d.ts').Seen[] } | { key: string, pending: Pending }} Entry */

/** Pictures that browsers show. Others are only linked. */
const SHOWN = new Set(['image/jpeg', 'image/png', 'image/webp', 'image/gif']);

export class Thread {
  /** @param {Held} held @param {Reader} page @param {(pending: Pending) => void} edit */
  constructor(held, page, edit) {
    this.page = page;
    this.edit = edit;
    this.held = held;
    this.element = h('div', { class: 'log', role: 'log', tabindex: 0, 'aria-label': `Conversation with ${personName(held)}` });
    this.atEnd = true;
    this.element.addEventListener('scroll', () => {
      this.atEnd = this.element.scrollHeight - this.element.scrollTop - this.element.clientHeight < 40;
    });
  }

  /** @param {Held} held */
  update(held) {
    this.held = held;
    const pending = this.page.outbox.items.get().filter((item) => item.contact === held.id);
    const arrived = new Set(held.messages.map((message) => message.client_id));
    reconcile(this.element, entries(held, pending.filter((item) => !arrived.has(item.client_id))), (entry) => entry.key,
      (entry) => this.#create(entry), (node, entry) => this.#update(node, entry));
    if (this.atEnd) this.toEnd();
  }

  toEnd() {
    this.element.scrollTop = this.element.scrollHeight;
    this.atEnd = true;
  }

  /** @param {Entry} entry */
  #create(entry) {
    if ('day' in entry) return h('p', { class: 'day' }, entry.day);
    if ('letter' in entry) return h('p', { class: 'letter state', 'aria-live': 'off' });
    if ('pending' in entry) {
      const { pending } = entry;
      return h('div', { class: `message ${pending.kind === 'note' ? 'note' : 'ours'} pending` },
        h('p', { class: 'who' }, h('b', null, pending.kind === 'note' ? 'Your note' : 'You')),
        h('p', { class: 'text', dir: 'auto' }, pending.text), h('p', { class: 'state', 'aria-live': 'off' }));
    }
    return this.#message(entry.message);
  }

  /** @param {Message} message */
  #message(message) {
    const { from, mail } = message;
    if (from.by === 'memo') return memo(message);
    const name = this.#author(message);
    const kind = from.by === 'customer' ? 'theirs' : from.by === 'rep' ? 'ours' : from.by;
    return h('div', { class: `message ${kind}` },
      h('p', { class: 'who' }, from.by === 'note' ? icon('note', 13) : null, h('b', { dir: 'auto' }, name), h('span', { class: 'visually-hidden' }, ','), ' ',
        h('time', { datetime: new Date(message.at / 1000).toISOString() }, clockTime(message.at))),
      mail ? envelope(mail) : null,
      mail?.may_belong ? this.#mayBelong(mail.may_belong) : null,
      words(message) === '' ? (mail ? h('p', { class: 'text soft' }, 'Nothing is written in this mail.') : null)
        : h('p', { class: 'text', dir: 'auto', lang: from.by === 'customer' || from.by === 'automatic' ? this.held.language.code : null }, words(message)),
      (message.attachments?.length ?? 0) > 0 ? h('ul', { class: 'files' }, (message.attachments ?? []).map((file) => h('li', null, attachment(this.held.id, file)))) : null,
      mail ? mailTools(`/contacts/${this.held.id}/mails/${mail.id}`, mail, this.page.who.supervisor) : null,
      from.by === 'rep' || from.by === 'automatic' ? h('p', { class: 'state', 'aria-live': 'off' }) : null,
      from.by === 'customer' || from.by === 'note' ? seenLine() : null);
  }

  /** Its subject says so, and nothing else. @param {{ id: number, reference: string }} other */
  #mayBelong(other) {
    return h('p', { class: 'cautions' },
      h('button', { type: 'button', class: 'plain', onclick: () => void readOther(other, this.page) }, icon('note', 13), `May belong to ${other.reference}`));
  }

  /** @param {Message} message */
  #author({ from, mail }) {
    if (from.by === 'customer' && mail?.other_sender) return mail.from ?? 'Nobody knows who';
    if (from.by === 'customer') return this.held.party?.name || 'Customer';
    if (from.by === 'automatic') return 'Told automatically';
    const mine = from.rep === this.page.desk.me.peek()?.id;
    const name = mine ? 'You' : this.page.repName(from.rep);
    return from.by === 'note' ? (mine ? 'Your note' : `Note by ${name}`) : name;
  }

  /** @param {Element} node @param {Entry} entry */
  #update(node, entry) {
    const [state, seen] = [node.querySelector('.state'), node.querySelector('.seen')];
    if ('day' in entry) return;
    if ('letter' in entry) return told(node, entry.letter);
    if ('pending' in entry) return state ? this.#onItsWay(state, entry.pending) : undefined;
    const me = this.page.desk.me.peek()?.id;
    if (seen) showSeen(seen, entry.seen, me, this.held.rep === me && this.held.stage !== 'closed');
    if (state) this.#fares(state, entry.message);
  }

  /** How something of ours is on its way. Of a mail nobody knows who read it. @param {Element} state @param {Message} message */
  #fares(state, { seq, from, delivery }) {
    if (from.by === 'automatic' && !delivery) return; // it is shown on their page, and nobody waits to hear that it was read
    const read = seq <= (this.held.customer_read ?? 0);
    const now = `${read} ${JSON.stringify(delivery)}`;
    if (state.getAttribute('data-now') === now) return;
    attribute(state, 'data-now', now);
    if (delivery) return put(state, ...sendingWords(delivery), read ? h('span', null, icon('check', 12), 'Read on the page') : null);
    put(state, icon('check', 12), read ? icon('check', 12) : null, read ? 'Read' : 'Kept');
  }

  /** @param {Element} state @param {Pending} pending */
  #onItsWay(state, pending) {
    if (state.getAttribute('data-state') === pending.state) return;
    attribute(state, 'data-state', pending.state);
    if (pending.state === 'sending') return say(state, 'Sending…');
    if (pending.state === 'waiting') return say(state, 'Not sent yet. It goes out when the connection is back.');
    put(state, h('span', { class: 'problem', role: 'alert' }, `Not kept: ${pending.problem ?? 'refused'}`),
      h('button', { type: 'button', class: 'plain', onclick: () => void this.page.outbox.retry(pending) }, 'Try again'),
      h('button', { type: 'button', class: 'plain', onclick: () => this.edit(pending) }, 'Edit'));
  }
}

/** A mail's subject stands above it and is not said again. @param {Message} message */
function words({ text, mail }) {
  const subject = mail?.subject.trim();
  if (!subject || !text.startsWith(subject)) return text;
  const rest = text.slice(subject.length);
  return rest === '' || rest.startsWith('\n\n') ? rest.trimStart() : text;
}

/** @param {Element} line @param {Letter} letter */
function told(line, letter) {
  const now = JSON.stringify(letter);
  if (line.getAttribute('data-now') === now) return;
  attribute(line, 'data-now', now);
  put(line, ...letterWords(letter));
}

/** What the programme itself tells staff. @param {Message} message */
function memo(message) {
  return h('div', { class: 'message memo' }, h('p', { class: 'who' }, icon('info', 13), h('b', null, 'For staff only'), ' ',
    h('time', { datetime: new Date(message.at / 1000).toISOString() }, clockTime(message.at))), h('p', { class: 'text', dir: 'auto' }, message.text), seenLine());
}

/** @param {Held} held @param {Pending[]} pending @returns {Entry[]} */
function entries({ messages, letters = [], channel }, pending) {
  /** @type {Entry[]} */
  const list = [];
  let today = '';
  const unwritten = [...letters];
  const dated = (/** @type {number} */ at, /** @type {string} */ key) => {
    if (day(at) !== today) list.push({ key, day: day(at) });
    today = day(at);
  };
  const letter = () => {
    const next = /** @type {Letter} */ (unwritten.shift());
    dated(next.made_at, `dl${next.id}`);
    list.push({ key: `l${next.id}`, letter: next });
  };
  for (const [at, message] of messages.entries()) {
    while (unwritten.length > 0 && unwritten[0].made_at < message.at) letter();
    const [seen, next] = [message.seen ?? [], messages[at + 1]];
    const said = isLive(channel) && next !== undefined && sameEyes(seen, next.seen ?? []); // a chat says it once, at the end
    dated(message.at, `d${message.seq}`);
    list.push({ key: `m${message.seq}${message.mail ? 'e' : ''}`, message, seen: said ? [] : seen });
  }
  while (unwritten.length > 0) letter();
  for (const item of pending) list.push({ key: `p${item.client_id}`, pending: item });
  return list;
}

/**
 * A file as a chip: a picture opens here, anything else is saved.
 * @param {number} contact @param {import('../../protocol.d.ts').Attachment} file
 */
export function attachment(contact, file) {
  const href = `/api/v1/contacts/${contact}/files/${encodeURIComponent(file.digest)}`;
  const name = h('span', null, file.name, h('span', { class: 'size' }, ` ${fileSize(file.bytes)}`));
  if (!SHOWN.has(file.media_type)) return h('a', { class: 'file', href, download: file.name }, icon('file', 20), name);
  return h('button', { type: 'button', class: 'file', onclick: () => void look(file.name, href) }, h('img', { src: href, alt: '', loading: 'lazy', class: 'thumb' }), name);
}

/** @param {string} name @param {string} href */
function look(name, href) {
  return ask(name, () => {
    const save = h('a', { class: 'button', href, download: name }, 'Save');
    return { body: [h('img', { class: 'picture', src: href, alt: `The picture ${name}` }), h('p', { class: 'dialog-foot' }, save)], first: save };
  }, 'wide');
}
