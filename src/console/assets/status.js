// @ts-check
// Keeps the page of one request up to date. Without it the page has a link that loads it anew.
// What is being typed is never touched: only how the request stands and new messages are put in.

const AGAIN_MIN = 2_000;
const AGAIN_MAX = 60_000;

const pause = (/** @type {number} */ ms) => new Promise((done) => setTimeout(done, ms));
const visible = () =>
  document.visibilityState === "visible" ||
  new Promise((done) => document.addEventListener("visibilitychange", done, { once: true }));

/** @param {string} id */
const here = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

/** Puts in what is new on the page as the server has it now. */
async function refresh() {
  const answer = await fetch(here("refresh").getAttribute("href") ?? "", { credentials: "same-origin" });
  if (!answer.ok) throw new Error(String(answer.status));
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const id of ["standing", "as-of"]) {
    const now = page.getElementById(id);
    if (now && id === "standing") here(id).dataset.stage = now.dataset.stage;
    if (now && id === "standing") here(id).dataset.version = now.dataset.version;
    if (now) here(id).replaceChildren(...document.importNode(now, true).childNodes);
  }
  const list = here("messages");
  for (const message of page.querySelectorAll("#messages > li")) {
    const old = document.getElementById(message.id);
    if (!old) list.append(document.importNode(message, true));
    else if (message.querySelector(".read") && !old.querySelector(".read")) {
      old.replaceChildren(...document.importNode(message, true).childNodes);
    }
  }
  document.title = page.title;
}

async function follow() {
  let again = AGAIN_MIN;
  for (;;) {
    await visible();
    try {
      const version = here("standing").dataset.version ?? "";
      const answer = await fetch(`${location.pathname}/changes?version=${encodeURIComponent(version)}`);
      if (answer.status === 404) return;
      if (!answer.ok) throw new Error(String(answer.status));
      if ((await answer.json()).changed) await refresh();
      again = AGAIN_MIN;
      await pause(500);
    } catch {
      await pause(again * (0.5 + Math.random() / 2));
      again = Math.min(again * 2, AGAIN_MAX);
    }
  }
}

here("by-itself").hidden = false;
follow();
