// @ts-check
// Requests to `/api/v1`. Every failure is a Problem with a sentence that can stand next to the thing that failed.

import { answeredAt } from './clock.js';

const BASE = '/api/v1';
/** Longer than any answer should take; then the person is told instead of left waiting. */
const TIMEOUT_MS = 15_000;

/** An error answer (RFC 9457), or no answer at all (status 0). */
export class Problem extends Error {
  /** @param {number} status @param {import('../protocol.d.ts').ProblemBody} body */
  constructor(status, body) {
    super(body.detail || body.title || 'Something went wrong.');
    this.name = 'Problem';
    this.status = status;
    this.field = body.field;
    this.requestId = body.request_id;
  }

  /** The same request may succeed later. */
  get passing() {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

/** Called when the session is over. */
export const session = { ended: () => {} };

/**
 * @template T
 * @param {'GET' | 'POST' | 'PUT' | 'DELETE'} method
 * @param {string} path below `/api/v1`
 * @param {unknown} [body] sent as JSON
 * @returns {Promise<T>} the JSON answered; `null` for an empty answer
 */
export async function request(method, path, body) {
  const asked = Date.now();
  /** @type {Response} */
  let answer;
  try {
    answer = await fetch(BASE + path, {
      method,
      headers: body === undefined ? { accept: 'application/json' }
        : { accept: 'application/json', 'content-type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
      credentials: 'same-origin',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch {
    throw new Problem(0, { detail: 'The server cannot be reached. Nothing was changed; try again.' });
  }
  answeredAt(answer.headers.get('date'), asked);
  if (answer.status === 401 && path !== '/session') session.ended();
  const text = await answer.text().catch(() => '');
  const json = parse(text);
  if (answer.ok) return /** @type {T} */ (json);
  throw new Problem(answer.status, /** @type {import('../protocol.d.ts').ProblemBody} */ (
    json && typeof json === 'object' ? json : { title: `The server answered ${answer.status}.` }));
}

/** @param {string} text @returns {unknown} */
function parse(text) {
  try {
    return text === '' ? null : JSON.parse(text);
  } catch {
    return null;
  }
}

/** The sentence for a failure of any kind. @param {unknown} error */
export function sentence(error) {
  return error instanceof Error ? error.message : 'Something went wrong.';
}
