// @ts-check
// A value that tells who reads it when it changes. Effects run once a microtask, however many values changed.

/** @typedef {{ run: () => void, sources: Set<Set<Watcher>> }} Watcher */
/** @template T @typedef {{ get: () => T, set: (value: T) => void, touch: () => void, peek: () => T }} Signal */

/** @type {Watcher | null} */
let current = null;
/** @type {Set<Watcher>} */
const due = new Set();
let scheduled = false;
/** Effects may set signals; more rounds than this never end. */
const ROUNDS = 100;

/**
 * `set` tells only on change; `touch` tells after the value was changed in place.
 * @template T @param {T} value @returns {Signal<T>}
 */
export function signal(value) {
  /** @type {Set<Watcher>} */
  const watchers = new Set();
  const touch = () => {
    for (const watcher of watchers) due.add(watcher);
    if (!scheduled && due.size > 0) {
      scheduled = true;
      queueMicrotask(flush);
    }
  };
  return {
    get() {
      if (current) {
        watchers.add(current);
        current.sources.add(watchers);
      }
      return value;
    },
    peek: () => value,
    set(next) {
      if (Object.is(next, value)) return;
      value = next;
      touch();
    },
    touch,
  };
}

/**
 * Run now, and again after any signal it read has changed. Returns how to stop it.
 * @param {() => void} run @returns {() => void}
 */
export function effect(run) {
  /** @type {Watcher} */
  const watcher = { run, sources: new Set() };
  follow(watcher);
  return () => forget(watcher);
}

/** Run what is due now instead of at the end of this task. One that fails keeps no other from running. */
export function flush() {
  for (let round = 0; due.size > 0; round += 1) {
    const batch = [...due];
    due.clear();
    if (round === ROUNDS) {
      reportError(new Error('effects change what they read, without end'));
      break;
    }
    for (const watcher of batch) {
      try {
        follow(watcher);
      } catch (error) {
        reportError(error);
      }
    }
  }
  scheduled = false;
}

/** @param {Watcher} watcher */
function follow(watcher) {
  forget(watcher);
  const outer = current;
  current = watcher;
  try {
    watcher.run();
  } finally {
    current = outer;
  }
}

/** @param {Watcher} watcher */
function forget(watcher) {
  for (const source of watcher.sources) source.delete(watcher);
  watcher.sources.clear();
  due.delete(watcher);
}
