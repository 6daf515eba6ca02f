// @ts-check
// How a conversation stands, in words: waiting and where, with whom, over.

import { say } from "./chat-page.js";

/** @param {any} state @param {string} name of the representative */
export function noticeText(state, name) {
  switch (state.notice) {
    case "joined": return say("chat-joined", { name });
    case "transferred": return say("chat-transferred", { name });
    case "representative_left": return say("chat-left");
    case "ended": return say("chat-ended");
    default: return say("chat-reopened");
  }
}

/** @param {any} state */
export function title(state) {
  switch (state.stage) {
    case "waiting": return say("status-waiting");
    case "waiting_for_you": return say("status-yours");
    case "closed": return say("status-closed");
    default: return state.representative ? say("status-active", { name: state.representative }) : say("status-active-unnamed");
  }
}

/** The place in line and the wait; empty unless it waits. @param {any} state */
export function more(state) {
  if (state.stage !== "waiting") return "";
  const wait = state.wait_text ? say("status-wait", { wait: state.wait_text }) : say("status-wait-unknown");
  return [placeText(state), wait].filter(Boolean).join(" · ");
}

/** @param {any} state */
function placeText(state) {
  if (!state.place) return "";
  if (state.place === 1) return say("status-next");
  return say(state.place >= 999 ? "status-place-far" : "status-place", { place: state.place });
}
