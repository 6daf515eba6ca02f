// @ts-check
// Where a contact goes: to a named rep, to a queue, or to whoever has a language and skills. With a note for the next person.

import { request, sentence } from '../api.js';
import { spoken } from '../clock.js';
import { h, put, say } from '../dom.js';
import { label, lack, languageName, presenceName } from '../words.js';
import { ask } from '../choose.js';
import { personName } from './state.js';

/** @typedef {import('../../protocol.d.ts').Rep} Rep */
/** @typedef {import('../../protocol.d.ts').Explanation} Explanation */
/** @typedef {{ rep: string } | { queue: string } | { need: { language: string, skills: Record<string, number> } }} Target */

/** As long as a note may be. */
const MOST = 8_000;

/**
 * @param {import('./state.js').Held} held
 * @param {import('./page.js').Page} page
 * @param {(to: { to: Target, note?: string }) => Promise<string | null>} send says why it was refused: then the dialog stays, with the note
 * @returns {Promise<true | null>} was it handed over?
 */
export function transferDialog(held, page, send) {
  return ask(`Transfer ${personName(held)}`, (close) => {
    const problem = h('p', { class: 'problem', role: 'alert', hidden: true });
    const note = h('textarea', { id: 'transfer-note', rows: 3, maxlength: MOST, dir: 'auto' });
    const asked = /** @type {Promise<Explanation>} */ (request('GET', `/contacts/${held.id}/explanation`));
    /** @type {Record<string, Panel>} */
    const panels = { rep: repPanel(page, asked), queue: queuePanel(), need: needPanel(held, page, asked) };
    let kind = 'rep';
    const stage = h('div', { class: 'transfer-panel' });
    const show = (/** @type {string} */ which) => {
      kind = which;
      problem.hidden = true;
      put(stage, panels[which].element);
    };
    const kinds = h('fieldset', { class: 'segmented' }, h('legend', null, 'To'),
      [['rep', 'A representative'], ['queue', 'A queue'], ['need', 'Whoever has…']].map(([value, name], i) => h('label', null,
        h('input', { type: 'radio', name: 'transfer-kind', value, checked: i === 0, onchange: () => show(value) }), h('span', null, name))));
    const tell = (/** @type {string} */ text) => {
      say(problem, text);
      problem.hidden = false;
    };
    const button = h('button', { type: 'submit', class: 'primary' }, 'Transfer');
    const hand = async () => {
      const to = panels[kind].target();
      if (typeof to === 'string') return tell(to);
      if (button.getAttribute('aria-disabled') === 'true') return;
      button.setAttribute('aria-disabled', 'true');
      const refused = await send({ to, ...(note.value.trim() === '' ? {} : { note: note.value.trim() }) });
      button.removeAttribute('aria-disabled');
      if (refused === null) close(true);
      else tell(refused);
    };
    const form = h('form', { class: 'stack', onsubmit: (/** @type {Event} */ event) => { event.preventDefault(); void hand(); } }, kinds, stage, h('label', { for: 'transfer-note' }, 'Note for the next person (staff only)'), note, problem,
    h('p', { class: 'soft' }, 'It keeps its arrival time, and everything said so far goes with it.'),
    h('div', { class: 'dialog-foot' }, button));
    show('rep');
    return { body: [form], first: /** @type {HTMLElement} */ (kinds.querySelector('input')) };
  }, 'wide');
}

/** @typedef {{ element: HTMLElement, target: () => Target | string }} Panel */

/** Each with their languages, whether they are there, how much they hold, and what they lack. @param {import('./page.js').Page} page @param {Promise<Explanation>} asked @returns {Panel} */
function repPanel(page, asked) {
  const list = h('div', { class: 'pick', role: 'radiogroup', 'aria-label': 'Representatives' }, h('p', { class: 'soft' }, 'Loading…'));
  const filter = h('input', { type: 'search', id: 'transfer-rep', autocomplete: 'off', oninput: () => narrow(list, filter.value) });
  const known = Promise.all([/** @type {Promise<Rep[]>} */ (request('GET', '/reps')), asked.catch(() => null)]);
  fill(list, known, ([reps, explanation]) => order(reps, page.desk.me.peek()?.name).map((rep) => {
    const presence = typeof rep.presence === 'string' ? { presence: rep.presence } : rep.presence;
    const answer = explanation?.reps.find((one) => one.rep === rep.rep);
    const full = presence.presence === 'available' && answer?.obstacles.some((it) => it.obstacle === 'full' || it.obstacle === 'channel_full');
    const misses = answer?.lacks.map(lack) ?? [];
    if (full && explanation && misses.length === 0) misses.push(`${rep.capacity === 0 ? 'Takes none' : 'Full'}: it waits for ${rep.display || rep.name} up to ${spoken(explanation.kept_for_named)}, then for anyone`);
    const hint = [presenceName(presence.presence, presence.reason, rep.connected), rep.capacity === 0 ? '' : `load ${rep.load} of ${rep.capacity}`, rep.languages.map(languageName).join(', ')].filter(Boolean).join(' · ');
    return option('rep', rep.name, rep.display || rep.name, hint, full ? 'full' : presence.presence, misses.join('; '));
  }));
  return {
    element: h('div', { class: 'stack' }, h('label', { for: 'transfer-rep' }, 'Find by name'), filter, list),
    target: () => chosen(list, (rep) => ({ rep }), 'Choose a representative.'),
  };
}

/** The ready first, without oneself. @param {Rep[]} reps @param {string} [me] */
function order(reps, me) {
  const rank = (/** @type {Rep} */ rep) => ['available', 'away', 'offline'].indexOf(typeof rep.presence === 'string' ? rep.presence : rep.presence.presence);
  return reps.filter((rep) => rep.name !== me).sort((a, b) => rank(a) - rank(b) || a.display.localeCompare(b.display));
}

/** @returns {Panel} */
function queuePanel() {
  const list = h('div', { class: 'pick', role: 'radiogroup', 'aria-label': 'Queues' }, h('p', { class: 'soft' }, 'Loading…'));
  fill(list, /** @type {Promise<string[]>} */ (request('GET', '/queues')), (queues) => queues.map((name) => option('queue', name, label(name))));
  return { element: list, target: () => chosen(list, (queue) => ({ queue }), 'Choose a queue.') };
}

/** Starts from what the contact needs now. @param {import('./state.js').Held} held @param {import('./page.js').Page} page @param {Promise<Explanation>} asked @returns {Panel} */
function needPanel(held, page, asked) {
  const codes = [...new Set([held.language.code, ...page.languages.peek()])];
  const language = h('select', { id: 'transfer-language' }, codes.map((code) => h('option', { value: code }, languageName(code))));
  const skills = h('input', { id: 'transfer-skills', autocomplete: 'off', spellcheck: 'false', placeholder: 'streets 2, permits' });
  void asked.then(({ need }) => {
    if (skills.value === '') skills.value = need.skills.map((one) => `${one.skill} ${one.level}`).join(', ');
  }, () => {});
  return {
    element: h('div', { class: 'stack' }, h('label', { for: 'transfer-language' }, 'Language'), language,
      h('label', { for: 'transfer-skills' }, 'Skills, each with a level from 1 to 5'), skills),
    target: () => {
      const wanted = parseSkills(skills.value);
      return typeof wanted === 'string' ? wanted : { need: { language: language.value, skills: wanted } };
    },
  };
}

/** `streets 2, permits` → `{streets: 2, permits: 1}`, or what is wrong with it. @param {string} text @returns {Record<string, number> | string} */
function parseSkills(text) {
  /** @type {Record<string, number>} */
  const skills = {};
  for (const part of text.split(',').map((one) => one.trim()).filter((one) => one !== '')) {
    const match = /^(\S+)(?:\s+([1-5]))?$/.exec(part);
    if (!match) return `Write each skill as a name and a level from 1 to 5, not “${part}”.`;
    skills[match[1]] = Number(match[2] ?? 1);
  }
  return skills;
}

/** @param {string} group @param {string} value @param {string} name @param {string} [hint] @param {string} [state] @param {string} [misses] */
function option(group, value, name, hint = '', state = '', misses = '') {
  return h('label', { 'data-find': `${name} ${value}`.toLowerCase() }, h('input', { type: 'radio', name: `transfer-${group}`, value }),
    h('span', null, name), hint && h('span', { class: 'soft', 'data-state': state }, hint),
    misses && h('span', { class: 'tag warn' }, misses));
}

/** @param {HTMLElement} list @param {(value: string) => Target} make @param {string} otherwise */
function chosen(list, make, otherwise) {
  const picked = list.querySelector('input:checked');
  return picked instanceof HTMLInputElement ? make(picked.value) : otherwise;
}

/** @param {HTMLElement} list @param {string} text */
function narrow(list, text) {
  const wanted = text.trim().toLowerCase();
  for (const row of list.children) if (row instanceof HTMLElement) row.hidden = !(row.dataset.find ?? '').includes(wanted);
}

/** @template T @param {HTMLElement} list @param {Promise<T>} answer @param {(value: T) => HTMLElement[]} rows */
async function fill(list, answer, rows) {
  try {
    put(list, ...rows(await answer));
  } catch (error) {
    put(list, h('p', { class: 'problem' }, sentence(error)));
  }
}
