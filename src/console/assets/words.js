// @ts-check
// What codes are called on screen.

/** @typedef {import('../protocol.d.ts').Urgency} Urgency */

/** @type {Record<import('../protocol.d.ts').Channel, string>} */
export const CHANNELS = { email: 'Email', chat: 'Chat', form: 'Web form', phone: 'Phone', sms: 'Text message', counter: 'Counter' };

/** Most urgent first. @type {Urgency[]} */
export const URGENCIES = ['emergency', 'urgent', 'soon', 'normal', 'low'];
/** @type {Record<Urgency, string>} */
export const URGENCY = { emergency: 'Emergency', urgent: 'Urgent', soon: 'Soon', normal: 'Normal', low: 'Low' };

/** Someone is waiting on the line now. @param {import('../protocol.d.ts').Channel} channel */
export function isLive(channel) {
  return channel === 'chat' || channel === 'phone' || channel === 'counter';
}

/** Is there a screen or mailbox at the other end that shows what we write? @param {import('../protocol.d.ts').Channel} channel */
export function isWritten(channel) {
  return channel !== 'phone' && channel !== 'counter';
}

/** With the key that chooses each, in the order of how often they are needed. */
export const DISPOSITIONS = /** @type {const} */ ([
  ['i', 'informed', 'Informed', 'The question was answered.'],
  ['r', 'requested', 'Requested', 'A service was requested for them.'],
  ['p', 'reported', 'Reported', 'A problem was reported for them.'],
  ['f', 'referred', 'Referred', 'Sent to someone outside 311.'],
  ['t', 'transferred', 'Transferred', 'Handed to another bureau or line.'],
  ['d', 'deflected', 'Deflected', 'Settled by a page or a recorded answer.'],
  ['n', 'no_contact', 'No contact', 'The person could not be reached.'],
  ['a', 'abandoned', 'Abandoned', 'The person left before it was settled.'],
  ['s', 'spam', 'Spam', 'Not a request at all.'],
]);

export const DECLINES = /** @type {const} */ ([
  ['n', 'not_mine', 'Not mine', 'It needs someone else.'],
  ['l', 'wrong_language', 'Wrong language', 'I do not read or speak it.'],
  ['c', 'conflict_of_interest', 'Conflict of interest', 'I know this person or the matter.'],
  ['u', 'unsafe', 'Unsafe', 'It is not safe for me to take.'],
  ['b', 'busy', 'Busy', 'I cannot take it right now.'],
]);

/** The reasons one can choose. */
export const AWAY = /** @type {const} */ ([
  ['b', 'break', 'Break'],
  ['l', 'lunch', 'Lunch'],
  ['t', 'training', 'Training'],
  ['m', 'meeting', 'Meeting'],
]);

/**
 * @param {import('../protocol.d.ts').Presence['presence']} presence @param {import('../protocol.d.ts').AwayReason} [reason]
 * @param {boolean} [connected] a screen of theirs is open
 */
export function presenceName(presence, reason, connected = false) {
  if (presence === 'available') return 'Ready';
  if (presence === 'offline') return connected ? 'Not ready' : 'Signed out';
  switch (reason) {
    case 'missed': return 'Away: missed an offer';
    case 'disconnected': return 'Away: connection lost';
    case undefined: return 'Away';
    default: return `Away: ${reason}`;
  }
}

/** What a rep would need for a contact. @param {import('../protocol.d.ts').Lack} it */
export function lack(it) {
  switch (it.lack) {
    case 'channel': return `does not work on ${CHANNELS[it.channel].toLowerCase()}`;
    case 'language': return `does not ${it.mode} ${languageName(it.language)}`;
    default: return it.has === 0 ? `has no ${label(it.skill).toLowerCase()}` : `${label(it.skill).toLowerCase()} ${it.has}, needs ${it.wanted}`;
  }
}

/** Why an offer or a contact went away from this desk. @param {string} why @returns {string} */
export function goneBecause(why) {
  /** @type {Record<string, string>} */
  const sentences = {
    taken: 'another representative has it',
    assigned: 'a supervisor gave it to someone',
    customer_gone: 'the person left',
    expired: 'the time to answer ran out; you are set to away',
    withdrawn: 'it was withdrawn',
    reclassified: 'what it needs has changed',
    no_longer_serves: 'the roster or plan has changed',
    rep_away: 'you are not ready',
    rep_disconnected: 'your connection was lost',
    signed_out: 'you signed out',
    grace_over: 'your connection was away too long; it went back to its place in line',
    transferred: 'it was transferred',
    closed: 'it is closed',
    returned: 'it went back to its place in line',
    waits_again: 'they wrote, or the reminder is due; it waits in line again, first for you',
    elsewhere: 'it is with someone else now',
  };
  return sentences[why] ?? why.replaceAll('_', ' ');
}

/** @param {import('../protocol.d.ts').Language} language who says so, and how sure it is */
export function languageSource({ source, confidence }) {
  if (source === 'detected') return `detected by the text, ${confidence} % sure`;
  if (source === 'default') return confidence ? 'assumed by where it came from' : 'assumed, nothing was said';
  return { person: 'chosen by the person', rep: 'set by a representative', caller: 'chosen on the phone menu' }[source] ?? source;
}

const english = new Intl.DisplayNames(['en'], { type: 'language', fallback: 'code' });

/** @param {string} code a BCP-47 tag */
export function languageName(code) {
  try {
    return english.of(code) ?? code;
  } catch {
    return code;
  }
}

/** The language's own name, or nothing when it is the same. @param {string} code */
export function ownName(code) {
  try {
    const own = new Intl.DisplayNames([code], { type: 'language', fallback: 'none' }).of(code);
    return own && own !== languageName(code) ? own : '';
  } catch {
    return '';
  }
}

/** `first_name` → `First name`. @param {string} code */
export function label(code) {
  const words = code.replaceAll(/[_-]+/g, ' ').trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** @param {number} bytes */
export function fileSize(bytes) {
  if (bytes < 1000) return `${bytes} bytes`;
  return bytes < 1e6 ? `${Math.round(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

/** @param {number} n @param {string} one @param {string} [many] */
export function count(n, one, many = `${one}s`) {
  return `${n} ${n === 1 ? one : many}`;
}
