// @ts-check
// Puts the chat on a page of another site: one button and, once it is pressed, one frame. Usage:
//   <script async src="https://311.example.gov/chat.js" data-site="water" data-locale="auto"></script>
//   <noscript><a href="https://311.example.gov/chat">Chat</a></noscript>
// window.Steelbridge("open" | "close" | "toggle" | "setLocale", "es" | "identify", { name, email }); calls made before this script
// has come can be kept in Steelbridge.q. The site's own policy needs script-src and frame-src for our origin.
(() => {
  /** By language: button, title, "New messages: {count}", direction. @type {Record<string, string[]>} */
  const WORDS = {};
  const script = /** @type {HTMLScriptElement | null} */ (document.currentScript);
  const early = /** @type {any} */ (window).Steelbridge;
  if (!script || early?.ready) return; // once on a page
  const home = new URL(script.src).origin;
  const { site = "", service = "" } = script.dataset;
  let locale = known(script.dataset.locale || "auto");
  let isOpen = false;
  let frameReady = false;
  let unread = 0;
  /** @type {object | null} */
  let person = null;

  /** @param {string} asked @returns {string} one of our languages */
  function known(asked) {
    const wanted = asked === "auto" ? [document.documentElement.lang, ...navigator.languages] : [asked];
    for (const tag of wanted) {
      const [primary, ...rest] = String(tag).toLowerCase().split("-");
      const traditional = primary === "yue" || rest.some((part) => ["hant", "tw", "hk", "mo"].includes(part));
      const code = ["zh", "yue", "cmn"].includes(primary) ? (traditional ? "zh-Hant" : "zh-Hans") : primary;
      if (WORDS[code]) return code;
    }
    return "en";
  }

  const host = document.createElement("div");
  host.id = "steelbridge-chat";
  const root = host.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`
    :host { all: initial; }
    * { box-sizing: border-box; }
    .box { position: fixed; inset-block-end: 16px; inset-inline-end: 16px; z-index: 2147483000; display: grid;
      justify-items: end; gap: 12px; font: 600 16px/1.25 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
    button { display: inline-flex; align-items: center; gap: 10px; min-block-size: 52px; padding: 12px 20px; border: 2px solid #fff;
      border-radius: 28px; background: #1f4e6b; color: #fff; font: inherit; cursor: pointer;
      box-shadow: 0 2px 6px rgb(0 0 0 / .25), 0 8px 24px rgb(0 0 0 / .18); }
    button:hover { background: #153a51; }
    button:focus-visible { outline: 3px solid #0b57d0; outline-offset: 3px; }
    svg { inline-size: 24px; block-size: 24px; flex: none; }
    .count { min-inline-size: 24px; padding: 2px 7px; border-radius: 12px; background: #b00020; font-size: 14px; text-align: center; }
    .panel { inline-size: 400px; max-inline-size: calc(100vw - 32px); block-size: 640px; max-block-size: calc(100dvh - 110px);
      overflow: hidden; border: 1px solid #6b7c89; border-radius: 14px; background: #fff; box-shadow: 0 12px 48px rgb(0 0 0 / .3); }
    iframe { display: block; inline-size: 100%; block-size: 100%; border: 0; }
    .hidden { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
    [hidden] { display: none; }
    @media (max-width: 480px) {
      .panel { position: fixed; inset: 0; inline-size: auto; max-inline-size: none; block-size: auto; max-block-size: none; border: 0; border-radius: 0; }
    }
    @media (forced-colors: active) { button, .panel { border-color: CanvasText; } }
  `);
  root.adoptedStyleSheets = [sheet];

  const box = document.createElement("div");
  box.className = "box";
  const panel = document.createElement("div");
  panel.className = "panel";
  panel.id = "panel";
  panel.hidden = true;
  panel.setAttribute("role", "dialog");
  const button = document.createElement("button");
  button.type = "button";
  button.setAttribute("aria-expanded", "false");
  button.setAttribute("aria-controls", "panel");
  const icon = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  icon.setAttribute("viewBox", "0 0 24 24");
  icon.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", "M4 5h16v11H10l-5 4v-4H4z");
  path.setAttribute("fill", "none");
  path.setAttribute("stroke", "currentColor");
  path.setAttribute("stroke-width", "2");
  path.setAttribute("stroke-linejoin", "round");
  icon.append(path);
  const label = document.createElement("span");
  const count = document.createElement("span");
  count.className = "count";
  count.setAttribute("aria-hidden", "true");
  const news = document.createElement("span");
  news.className = "hidden";
  button.append(icon, label, count, news);
  box.append(panel, button);
  root.append(box);

  /** @type {HTMLIFrameElement | null} */
  let frame = null;

  function draw() {
    const [chat, title, arrived, dir] = WORDS[locale] ?? ["Chat", "Chat", "{count}", "ltr"];
    box.dir = dir;
    box.lang = locale;
    label.textContent = chat;
    panel.setAttribute("aria-label", title);
    if (frame) frame.title = title;
    count.hidden = unread === 0;
    count.textContent = unread ? String(unread) : "";
    news.textContent = unread ? `. ${arrived.replace("{count}", String(unread))}` : "";
    button.setAttribute("aria-expanded", String(isOpen));
    panel.hidden = !isOpen;
  }

  function load() {
    const address = new URL("/chat", home);
    const query = { embed: "1", lang: locale, origin: window.location.origin, site, service };
    for (const [name, value] of Object.entries(query)) if (value) address.searchParams.set(name, value);
    frameReady = false;
    if (frame) {
      frame.src = address.href;
      return;
    }
    frame = document.createElement("iframe");
    frame.src = address.href;
    frame.allow = "clipboard-write";
    frame.referrerPolicy = "no-referrer";
    panel.append(frame);
  }

  /** @param {object} message */
  function post(message) {
    if (frameReady) frame?.contentWindow?.postMessage(message, home);
  }

  /** @param {boolean} open */
  function show(open) {
    if (open === isOpen) return;
    isOpen = open;
    if (open && !frame) load();
    draw();
    if (open) frame?.focus();
    else button.focus();
    post({ steelbridge: "shown", open });
  }

  window.addEventListener("message", (event) => {
    if (!frame || event.source !== frame.contentWindow || event.origin !== home) return;
    const said = event.data;
    if (said?.steelbridge === "ready") {
      frameReady = true;
      if (person) post({ steelbridge: "identify", person });
      post({ steelbridge: "shown", open: isOpen });
    } else if (said?.steelbridge === "close") {
      show(false);
    } else if (said?.steelbridge === "unread") {
      unread = Number(said.count) || 0;
      draw();
    }
  });
  button.addEventListener("click", () => show(!isOpen));
  root.addEventListener("keydown", (event) => {
    if (/** @type {KeyboardEvent} */ (event).key === "Escape" && isOpen) show(false);
  });

  /** @param {string} what @param {unknown} [value] */
  function steelbridge(what, value) {
    if (what === "open") show(true);
    else if (what === "close") show(false);
    else if (what === "toggle") show(!isOpen);
    else if (what === "setLocale") {
      locale = known(String(value || "auto"));
      if (frame) load();
      draw();
    } else if (what === "identify" && value && typeof value === "object") {
      person = value;
      post({ steelbridge: "identify", person });
    }
  }
  steelbridge.ready = true;

  draw();
  const put = () => document.body.append(host);
  if (document.body) put();
  else document.addEventListener("DOMContentLoaded", put);
  /** @type {any} */ (window).Steelbridge = steelbridge;
  for (const call of early?.q ?? []) steelbridge(.../** @type {[string, unknown]} */ (Array.from(call)));
})();
