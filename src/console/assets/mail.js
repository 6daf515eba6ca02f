// @ts-check
// A mail as staff see it: who wrote it under which subject, what was folded away, and what a stranger's HTML looks like in a frame that
// can do nothing.

import { request, sentence } from './api.js';
import { ask } from './choose.js';
import { clockTime } from './clock.js';
import { attribute, h, put, say } from './dom.js';
import { folded } from './fold.js';
import { icon } from './icons.js';
import { languageName } from './words.js';

/** @typedef {import('../protocol.d.ts').Envelope} Envelope */

/** Addresses of others before the line is opened. */
const FEW = 3;

/** From, subject, who reads along, and what should make one careful. Another sender stands above it as the author. @param {Envelope} mail */
export function envelope(mail) {
  return h('div', { class: 'envelope' },
    h('p', { class: 'envelope-line' }, icon('email', 13), mail.from && !mail.other_sender ? h('span', { class: 'address', dir: 'ltr' }, mail.from) : null,
      h('span', { class: 'visually-hidden' }, ', subject: '), h('b', { dir: 'auto' }, mail.subject || 'No subject')),
    alsoTo(mail), cautions(mail));
}

/** How many others a mail was sent to. @param {Envelope | undefined} mail */
export function others(mail) {
  return (mail?.also_to?.length ?? 0) + (mail?.also_left_out ?? 0);
}

/** @param {Envelope} mail */
function alsoTo({ also_to = [], also_left_out = 0 }) {
  if (also_to.length === 0) return null;
  const items = also_to.map((address) => h('span', { class: 'address', dir: 'ltr' }, address));
  if (also_left_out > 0) items.push(h('span', { class: 'soft' }, `and ${also_left_out} that are not listed here`));
  return h('p', { class: 'also-to' }, 'Also sent to ', ...folded(items, FEW));
}

/** @param {Envelope} mail */
function cautions({ trust, other_sender, why, released }) {
  const marks = [
    other_sender && h('span', { class: 'tag warn' }, icon('urgent', 12), 'Another address wrote this'),
    trustMark(trust),
    why && h('span', { class: 'tag' }, icon('robot', 12), why),
    released && h('span', { class: 'tag' }, icon('check', 12), h('span', null, 'Let in by ', h('b', { dir: 'auto' }, released.display), ` ${clockTime(released.at)}`)),
  ].filter(Boolean);
  return marks.length > 0 ? h('p', { class: 'cautions' }, marks) : null;
}

/** @param {import('../protocol.d.ts').Trust} trust */
export function trustMark(trust) {
  if (trust === 'authentic') return null;
  return trust === 'doubtful' ? h('span', { class: 'tag warn' }, icon('urgent', 12), 'Sender failed the check')
    : h('span', { class: 'tag' }, icon('info', 12), 'Sender not verified');
}

/**
 * Quotation on demand, the HTML in a frame, the original to save.
 * @param {string} path of the mail, below `/api/v1` @param {{ id: number, folded: boolean, html: boolean }} mail @param {boolean} original may be saved
 */
export function mailTools(path, mail, original) {
  const quoted = h('p', { class: 'text quoted', id: `quoted-${mail.id}`, dir: 'auto', hidden: true });
  const fold = mail.folded ? h('button', { type: 'button', class: 'plain', 'aria-expanded': 'false', 'aria-controls': quoted.id, onclick: () => void unfold(path, fold, quoted) },
    icon('quote', 13), h('span', null, 'Show quoted text')) : null;
  const tools = [fold,
    mail.html ? h('button', { type: 'button', class: 'plain', onclick: () => void showAsSent(path) }, icon('code', 13), 'Show as sent (HTML)') : null,
    original ? originalLink(path) : null].filter(Boolean);
  return tools.length === 0 ? null : h('div', { class: 'mail-tools' }, h('div', { class: 'mail-buttons' }, tools), quoted);
}

/** @param {string} path @param {HTMLElement | null} button @param {HTMLElement} quoted */
async function unfold(path, button, quoted) {
  if (!button) return;
  const open = button.getAttribute('aria-expanded') === 'true';
  if (!open && quoted.dataset.read === undefined) {
    attribute(button, 'data-busy', true);
    try {
      say(quoted, /** @type {{ text: string }} */ (await request('GET', `${path}/folded`)).text.trim() || 'Nothing is folded away.');
      quoted.dataset.read = '';
    } catch (error) {
      put(quoted, h('span', { class: 'problem', role: 'alert' }, sentence(error)));
    }
    attribute(button, 'data-busy', false);
  }
  attribute(button, 'aria-expanded', String(!open));
  attribute(quoted, 'hidden', open);
  say(/** @type {Element} */ (button.lastElementChild), open ? 'Show quoted text' : 'Hide quoted text');
}

/** @param {string} path */
export function originalLink(path) {
  return h('a', { class: 'button plain', href: `/api/v1${path}/original`, download: '' }, icon('file', 13), 'Original (.eml)');
}

/** @param {string} path */
export function showAsSent(path) {
  return ask('The mail as it was sent', (close) => {
    const done = h('button', { type: 'button', class: 'primary', onclick: () => close(true) }, 'Done');
    return { body: [
      h('p', { class: 'soft' }, 'In a closed frame: nothing in it can run, load or tell that it was read. Pictures from elsewhere are left out.'),
      h('div', { class: 'frame-box' }, frame(path)), h('p', { class: 'dialog-foot' }, done)], first: done };
  }, 'wide mail-dialog');
}

/** @param {string} path */
function frame(path) {
  return h('iframe', { class: 'as-sent', sandbox: '', referrerpolicy: 'no-referrer', title: 'The mail as it was sent', src: `/api/v1${path}/html` });
}

/**
 * Below a message of ours that goes by mail: as far as the relay, or what came back. Nobody knows more.
 * @param {import('../protocol.d.ts').Sending} delivery @returns {import('./dom.js').Child[]}
 */
export function sendingWords({ state, said, to, at, returned_at }) {
  const because = said ? `: ${said}` : '';
  const where = to ? [' to ', h('span', { class: 'address', dir: 'ltr' }, to)] : [];
  const when = (/** @type {number | undefined} */ time) => (time === undefined ? '' : ` at ${clockTime(time)}`);
  switch (state) {
    case 'waiting': return [line(icon('soon', 12), ...(said ? [' Is tried again', ...where, because] : [' Waits to be mailed', ...where]))];
    case 'sending': return [line(icon('send', 12), ' Being mailed', ...where, '…')];
    case 'sent': return [line(icon('check', 12), icon('email', 12), ' Mailed', ...where, when(at))];
    case 'failed': return [h('span', { class: 'problem' }, icon('cross', 12), ' ', ...failed(where, because, when(at), when(returned_at)))];
    default: return [h('span', { class: 'tag warn' }, icon('urgent', 12), line(to ? 'May not have reached ' : 'May not have arrived', where.slice(1), because))];
  }
}

const LETTERS = {
  acknowledgement: ['Acknowledged by mail', 'Acknowledgement'], notice: ['Notice mailed', 'Notice'], transcript: ['Transcript mailed', 'Transcript'],
};

/**
 * A letter that carries no message of the conversation, and how it fares.
 * @param {import('../protocol.d.ts').Letter} letter @returns {import('./dom.js').Child[]}
 */
export function letterWords(letter) {
  const [done, what] = LETTERS[letter.kind];
  const language = letter.languages.length > 0 ? ` in ${letter.languages.map(languageName).join(' and ')}` : '';
  if (letter.state !== 'sent') return [icon('email', 12), line(`${what}${language}:`), ...sendingWords(letter)];
  const to = letter.to ? [' to ', h('span', { class: 'address', dir: 'ltr' }, letter.to)] : [];
  return [icon('check', 12), icon('email', 12), line(done, ...to, `${language}, ${clockTime(letter.at ?? letter.made_at)}`)];
}

/** @param {(Node | string)[]} where @param {string} because @param {string} givenUp @param {string} returned @returns {import('./dom.js').Child[]} */
function failed(where, because, givenUp, returned) {
  if (returned) return [`Came back${returned}: not delivered`, ...where, because];
  return ['Not delivered', ...where, givenUp && `, given up${givenUp}`, because];
}

/** @param {...(import('./dom.js').Child | import('./dom.js').Child[])} words */
function line(...words) {
  return h('span', null, ...words);
}
