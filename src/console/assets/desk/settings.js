// @ts-check
// How this rep likes their desk, kept in this browser.

import { signal } from '../signal.js';
import { read, write } from './drafts.js';

const KEY = 'steelbridge.desk';
const stored = read(KEY) ?? {};

export const settings = {
  columns: signal(Number(stored.columns) || 1),
  /** Offers and messages make a sound. Emergencies always do. */
  sound: signal(stored.sound !== false),
  /** Single letters are commands outside of text boxes (WCAG 2.1.4: it can be turned off). With Alt they always are. */
  letters: signal(stored.letters !== false),
  details: signal(stored.details !== false),
};

export function saveSettings() {
  write(KEY, Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, value.peek()])));
}
