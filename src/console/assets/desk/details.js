// @ts-check
// What is known of the contact in focus: how the person wants to be reached before anything else, then who, what and how
// it came here, and the script of its service.

import { clockTime } from '../clock.js';
import { h, put } from '../dom.js';
import { icon } from '../icons.js';
import { effect } from '../signal.js';
import { CHANNELS, label, languageName, languageSource, ownName, URGENCY } from '../words.js';
import { attachment } from './thread.js';

/** @typedef {import('./state.js').Held} Held */
/** @typedef {import('./state.js').Contact} Contact */

/** @param {Contact} contact how the person asked to be reached, if they said */
export function preference(contact) {
  const asked = contact.fields?.communication_preference;
  return asked ? label(asked) : null;
}

export class Details {
  element = h('aside', { class: 'details', id: 'details', tabindex: -1, 'aria-label': 'About this contact' });
  #shown = '';
  /** A language was just set: the select that shows it gets the focus back. */
  #setting = false;

  /** @param {import('./page.js').Page} page */
  constructor(page) {
    this.page = page;
    effect(() => this.#show());
  }

  #show() {
    const held = this.page.desk.current();
    const services = this.page.services.get();
    const languages = this.page.languages.get();
    this.page.reps.get();
    const now = held ? JSON.stringify([held.id, languages.length, held.party, held.fields, held.language, held.service, held.urgency, held.queue, held.doubtful, held.reason, held.messages.length, services.size]) : '';
    if (now === this.#shown) return;
    this.#shown = now;
    if (!held) return put(this.element, h('p', { class: 'empty' }, 'Open a contact to see what is known about it.'));
    const choosing = this.#setting || (this.element.contains(document.activeElement) && document.activeElement?.closest('.correct'));
    this.#setting = false;
    put(this.element, this.#wishes(held, languages), person(held), request(held, services.get(held.service ?? '')?.name), this.#files(held), this.#script(held), why(held));
    if (choosing) this.element.querySelector('select')?.focus();
  }

  /** @param {Held} held @param {string[]} languages */
  #wishes(held, languages) {
    const wish = preference(held);
    return h('section', { class: wish ? 'wish said' : 'wish' }, h('h3', null, 'How to communicate'),
      h('p', null, wish ? h('b', null, wish) : 'No wish stated'),
      h('p', null, h('b', null, languageName(held.language.code)), ownName(held.language.code) ? ` ${ownName(held.language.code)}` : '', h('br'),
        h('span', { class: 'soft' }, languageSource(held.language))),
      this.#correct(held, languages),
      held.doubtful ? h('p', { class: 'tag warn' }, icon('robot', 14), 'Looks automatic or forged. Check before you act on it.') : null);
  }

  /** "It is in another language": chosen first and set by a button, for arrow keys choose too. @param {Held} held @param {string[]} languages */
  #correct(held, languages) {
    const codes = [...new Set([held.language.code, ...languages])];
    if (codes.length < 2) return null;
    const select = h('select', { id: 'contact-language', onchange: () => { set.disabled = select.value === held.language.code; } },
      codes.map((code) => h('option', { value: code, selected: code === held.language.code }, languageName(code))));
    const set = h('button', { type: 'submit', disabled: true }, 'Set');
    const submit = async (/** @type {Event} */ event) => {
      event.preventDefault();
      set.disabled = this.#setting = true;
      if (await this.page.actions.setLanguage(held.id, select.value)) return;
      set.disabled = this.#setting = false;
      set.focus();
    };
    return h('form', { class: 'correct', onsubmit: submit }, h('label', { for: select.id }, 'It is in'), select, set);
  }

  /** @param {Held} held */
  #files(held) {
    const files = held.messages.flatMap((message) => message.attachments ?? []);
    const unique = [...new Map(files.map((file) => [file.digest, file])).values()];
    if (unique.length === 0) return null;
    return h('section', null, h('h3', null, `Files (${unique.length})`), h('ul', { class: 'files' }, unique.map((file) => h('li', null, attachment(held.id, file)))));
  }

  /** @param {Held} held */
  #script(held) {
    const service = this.page.services.get().get(held.service ?? '');
    if (!service?.script.length) return null;
    return h('section', { class: 'script' }, h('h3', null, 'Script'), h('ul', null, service.script.map((line) => h('li', null, line))));
  }
}

/** @param {string} term @param {import('../dom.js').Child | import('../dom.js').Child[]} value */
function row(term, value) {
  return value ? [h('dt', null, term), h('dd', { dir: 'auto' }, value)] : [];
}

/** @param {Held} held */
function person(held) {
  const { email, phone } = held.party ?? {};
  return h('section', null, h('h3', null, 'Person'), h('dl', null,
    ...row('Name', held.party?.name || h('span', { class: 'soft' }, 'Not given')),
    ...row('Email', email ? h('a', { href: `mailto:${encodeURIComponent(email)}` }, email) : null),
    ...row('Phone', phone ? h('a', { href: `tel:${phone.replaceAll(/[^+\d]/g, '')}` }, phone) : null)));
}

/** @param {Held} held @param {string} [service] */
function request(held, service) {
  return h('section', null, h('h3', null, 'Request'), h('dl', null,
    ...row('Reference', held.reference),
    ...row('Subject', held.messages.length > 0 ? null : held.subject),
    ...row('Service', held.service_name ?? service ?? held.service),
    ...row('Urgency', URGENCY[held.urgency]),
    ...row('Came by', `${CHANNELS[held.channel]}, ${clockTime(held.opened_at)}`),
    ...row('Queue', held.queue ? label(held.queue) : null),
    ...Object.entries(held.fields ?? {}).filter(([name]) => name !== 'communication_preference').flatMap(([name, value]) => row(label(name), value))));
}

/** @param {Held} held */
function why(held) {
  if (!held.reason?.sentence) return null;
  return h('section', null, h('h3', null, 'Why this came to you'), h('p', null, held.reason.sentence));
}
