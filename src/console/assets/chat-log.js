// @ts-check
// The messages of a conversation on the page: a log that screen readers follow, oldest first, what is not sent yet at the end.

/** @typedef {(key: string, values?: Record<string, string | number>) => string} Say */

/** So near the end, in pixels, counts as reading along. */
const NEAR = 48;

/**
 * @param {string} tag
 * @param {string} className
 * @param {string} [text]
 */
function element(tag, className, text) {
  const made = document.createElement(tag);
  made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

/** Tells `read` when the person has come to the end, and `again` for a message that is to be sent once more. */
export class MessageLog extends EventTarget {
  /** By client id, what is not acknowledged. @type {Map<string, HTMLElement>} */
  unsent = new Map();
  lastSeq = 0;
  lastFromRep = 0;
  readByRep = 0;
  lastDay = "";
  isLive = false;
  /** Address below which the conversation's files are. */
  files = "";

  /**
   * @param {HTMLElement} log
   * @param {HTMLElement} newer button shown while there is something new below
   * @param {string} lang
   * @param {Say} say
   */
  constructor(log, newer, lang, say) {
    super();
    this.log = log;
    this.newer = newer;
    this.say = say;
    this.times = new Intl.DateTimeFormat([lang, "en"], { hour: "numeric", minute: "2-digit" });
    this.days = new Intl.DateTimeFormat([lang, "en"], { weekday: "long", month: "long", day: "numeric" });
    this.clear();
    log.addEventListener("scroll", () => {
      if (!this.atNewest) return;
      this.newer.hidden = true;
      this.dispatchEvent(new Event("read"));
    });
  }

  clear() {
    this.unsent.clear();
    this.lastSeq = 0;
    this.lastFromRep = 0;
    this.lastDay = "";
    this.isLive = false;
    this.readByRep = 0;
    this.log.replaceChildren();
    this.log.setAttribute("aria-busy", "true"); // a replay is not read aloud
    this.newer.hidden = true;
  }

  /** The replay is over: from here on, what comes is new. */
  live() {
    if (!this.isLive) this.toNewest();
    this.isLive = true;
    this.log.removeAttribute("aria-busy");
  }

  get atNewest() {
    return this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < NEAR;
  }

  toNewest() {
    this.log.scrollTop = this.log.scrollHeight;
    this.newer.hidden = true;
  }

  /**
   * Puts something in and stays where the person reads.
   * @param {HTMLElement} what
   */
  put(what) {
    const follow = this.atNewest || !this.isLive;
    const firstUnsent = this.unsent.values().next().value;
    this.log.insertBefore(what, what.dataset.cid ? null : (firstUnsent ?? null));
    if (follow) this.toNewest();
    else this.newer.hidden = false;
  }

  /**
   * A message of the server's.
   * @param {any} message
   * @param {string | undefined} rep display name
   */
  add(message, rep) {
    if (message.seq <= this.lastSeq) return;
    this.lastSeq = message.seq;
    const own = message.from === "customer";
    const waiting = message.cid && this.unsent.get(message.cid);
    if (waiting) this.unsent.delete(message.cid);
    if (!own) this.lastFromRep = message.seq;
    const at = new Date(message.ts / 1000);
    this.day(at);
    const automatic = message.from === "automatic";
    const name = own ? "" : automatic ? this.say("conversation-automatic") : (rep ?? this.say("conversation-rep"));
    const bubble = this.bubble(message, at, name);
    if (waiting) {
      waiting.remove(); // it was read aloud when it was written
      bubble.setAttribute("aria-live", "off");
    }
    this.put(bubble);
  }

  /** @param {Date} at */
  day(at) {
    const day = this.days.format(at);
    if (day === this.lastDay) return;
    const first = this.lastDay === "" && day === this.days.format(new Date());
    this.lastDay = day;
    if (!first) this.put(element("p", "chat-day", day));
  }

  /**
   * @param {any} message
   * @param {Date} at
   * @param {string} name empty for one's own
   */
  bubble(message, at, name) {
    const own = name === "";
    const time = this.times.format(at);
    const bubble = element("div", own ? "chat-message chat-own" : "chat-message");
    bubble.dataset.seq = String(message.seq);
    const said = own ? this.say("chat-you-said", { time }) : this.say("chat-rep-said", { name, time });
    bubble.append(element("p", "chat-hidden", said));
    if (message.text) {
      const text = element("p", "chat-text", message.text);
      text.dir = "auto";
      text.lang = message.lang;
      bubble.append(text);
    }
    for (const file of message.attachments ?? []) bubble.append(this.attachment(file));
    const foot = element("p", "chat-foot");
    foot.setAttribute("aria-hidden", "true");
    if (!own) foot.append(element("bdi", "chat-who", name), " · ");
    foot.append(element("time", "", time));
    if (own) foot.append(element("span", "chat-mark"));
    bubble.append(foot);
    this.mark(bubble);
    return bubble;
  }

  /** @param {{digest: string, name: string, media_type: string, bytes: number}} file */
  attachment(file) {
    const link = /** @type {HTMLAnchorElement} */ (element("a", "chat-file"));
    link.href = this.files + encodeURIComponent(file.digest);
    link.target = "_blank";
    link.rel = "noreferrer";
    if (file.media_type.startsWith("image/") && file.media_type !== "image/heic") {
      const image = /** @type {HTMLImageElement} */ (element("img", "chat-image"));
      image.src = link.href;
      image.alt = file.name;
      image.loading = "lazy";
      link.append(image);
    } else {
      link.append(element("bdi", "", file.name), " ", element("span", "chat-size", this.size(file.bytes)));
    }
    return link;
  }

  /** @param {number} bytes */
  size(bytes) {
    const unit = bytes < 1_000_000 ? "kilobyte" : "megabyte";
    const count = unit === "kilobyte" ? Math.ceil(bytes / 1_000) : bytes / 1_000_000;
    return new Intl.NumberFormat(undefined, { style: "unit", unit, maximumFractionDigits: 1 }).format(count);
  }

  /**
   * One's own message that the server has not acknowledged.
   * @param {{cid: string, text: string, upload?: string}} message
   */
  pending(message) {
    const bubble = element("div", "chat-message chat-own chat-unsent");
    bubble.dataset.cid = message.cid;
    const text = element("p", "chat-text", message.text);
    text.dir = "auto";
    const foot = element("p", "chat-foot", this.say("chat-sending"));
    bubble.append(text, foot);
    Object.assign(bubble, { message });
    this.put(bubble);
    this.unsent.set(message.cid, bubble);
  }

  /** @param {string} cid the server will never take it */
  failed(cid) {
    const bubble = this.unsent.get(cid);
    if (!bubble) return;
    this.unsent.delete(cid);
    bubble.classList.add("chat-failed");
    const foot = bubble.querySelector(".chat-foot");
    const again = element("button", "chat-link", this.say("chat-again"));
    again.setAttribute("type", "button");
    again.addEventListener("click", () => {
      bubble.remove();
      const { message } = /** @type {any} */ (bubble);
      this.dispatchEvent(new CustomEvent("again", { detail: message }));
    });
    foot?.replaceChildren(this.say("chat-not-sent"), " ", again);
  }

  /** @param {string} text something that has changed */
  notice(text) {
    this.put(element("p", "chat-notice", text));
  }

  /** @param {number} seq the representative has read up to here */
  repRead(seq) {
    this.readByRep = Math.max(this.readByRep, seq);
    this.log.querySelectorAll(".chat-own[data-seq]").forEach((bubble) => this.mark(/** @type {HTMLElement} */ (bubble)));
  }

  /** @param {HTMLElement} bubble */
  mark(bubble) {
    const mark = bubble.querySelector(".chat-mark");
    if (!mark) return;
    const read = Number(bubble.dataset.seq) <= this.readByRep;
    mark.textContent = ` · ${this.say(read ? "conversation-read" : "chat-delivered")}`;
  }
}
