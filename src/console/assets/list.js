// @ts-check
// Keeps a parent's children equal to a list, by key: nodes that stay are updated where they are, so focus and scroll stay too.

/** @type {WeakMap<Element, Map<string | number, Element>>} */
const kept = new WeakMap();

/**
 * @template T
 * @param {Element} parent holds nothing but what this function puts there
 * @param {readonly T[]} items
 * @param {(item: T) => string | number} key unique within the list
 * @param {(item: T) => Element} create called once a key
 * @param {(node: Element, item: T) => void} [update] called for new nodes too
 */
export function reconcile(parent, items, key, create, update) {
  const before = kept.get(parent) ?? new Map();
  /** @type {Map<string | number, Element>} */
  const after = new Map();
  for (const item of items) after.set(key(item), before.get(key(item)) ?? create(item));
  for (const [k, node] of before) if (!after.has(k)) node.remove();
  kept.set(parent, after);
  place(parent, [...after.values()]);
  if (update) for (const item of items) update(/** @type {Element} */ (after.get(key(item))), item);
}

/** Moving a node takes the focus from it, so the focus is given back. @param {Element} parent @param {Element[]} nodes */
function place(parent, nodes) {
  const focused = document.activeElement;
  let next = parent.firstElementChild;
  for (const node of nodes) {
    if (node === next) next = next.nextElementSibling;
    else parent.insertBefore(node, next);
  }
  if (focused instanceof HTMLElement && focused !== document.activeElement && parent.contains(focused)) {
    focused.focus({ preventScroll: true });
  }
}
