// @ts-check
// Small line pictures. Each stands beside its word and is hidden from screen readers.

import { svg } from './dom.js';

/** On a 16 × 16 grid. @type {Record<string, string>} */
const PATHS = {
  email: 'M1.5 3.5h13v9h-13zM1.5 4l6.5 5 6.5-5',
  chat: 'M2 2.5h12v8H7l-3.5 3v-3H2z',
  form: 'M3.5 1.5h9v13h-9zM5.5 5h5M5.5 8h5M5.5 11h3',
  phone: 'M3 1.5h3l1.2 3.5-1.7 1.2a9 9 0 0 0 4.3 4.3L11 8.8l3.5 1.2v3c0 1-.8 1.6-1.7 1.5C7 14 2 9 1.5 3.2 1.4 2.3 2 1.5 3 1.5z',
  sms: 'M4.5 1.5h7v13h-7zM7 12.5h2M4.5 3.5h7M4.5 10.5h7',
  counter: 'M1.5 8.5h13M3 8.5v6M13 8.5v6M8 6a2.2 2.2 0 1 0 0-4.5A2.2 2.2 0 0 0 8 6z',
  emergency: 'M8 1.2 15.3 14H.7zM8 6v4M8 11.8v.7',
  urgent: 'M8 2.5v7.5M8 12.3v1.2',
  soon: 'M8 1.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13zM8 4.5V8l2.5 2',
  check: 'M2.5 8.5 6 12l7.5-8',
  cross: 'M3.5 3.5l9 9M12.5 3.5l-9 9',
  pause: 'M5.5 3v10M10.5 3v10',
  play: 'M4.5 2.5v11l8.5-5.5z',
  send: 'M1.5 2.5 14.5 8l-13 5.5 2-5.5zM3.5 8h5.5',
  note: 'M2.5 2.5h11v7.5l-3.5 3.5H2.5zM13.5 10H10v3.5',
  transfer: 'M1.5 5.5h11M9.5 2.5l3 3-3 3M14.5 11h-11M6.5 8l-3 3 3 3',
  file: 'M4 1.5h5.5L12.5 4.5v10H4zM9.5 1.5v3h3',
  sound: 'M2 6h2.5L8 3v10L4.5 10H2zM10.5 6a3 3 0 0 1 0 4M12.5 4a6 6 0 0 1 0 8',
  mute: 'M2 6h2.5L8 3v10L4.5 10H2zM11 6l3.5 4M14.5 6 11 10',
  columns: 'M1.5 2.5h13v11h-13zM8 2.5v11',
  info: 'M8 1.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13zM8 7v4.5M8 4.3v.7',
  robot: 'M3 5.5h10v8H3zM8 5.5v-3M6 9v1M10 9v1M6 12h4',
  hand: 'M4 8V4.5M6.5 7V2.5M9 7V3M11.5 8V4.5M4 8c-1-1-2.5-.5-1.8.8l2 4c.5 1 1.3 1.7 2.6 1.7h1.7c1.8 0 3-1.3 3-3V8',
  away: 'M13.5 9.8A6 6 0 0 1 6.2 2.5a6 6 0 1 0 7.3 7.3z',
  eye: 'M1.5 8S4 3.5 8 3.5 14.5 8 14.5 8 12 12.5 8 12.5 1.5 8 1.5 8zM8 6a2 2 0 1 0 0 4 2 2 0 0 0 0-4z',
  quote: 'M3 4.5h10M3 8h10M3 11.5h6',
  code: 'M5.5 4 1.5 8l4 4M10.5 4l4 4-4 4',
  trash: 'M2.5 4h11M6 4V2.5h4V4M4 4l.7 9.5h6.6L12 4',
  link: 'M6.5 9.5l3-3M7 4.5l1.5-1.5a2.8 2.8 0 0 1 4 4L11 8.5M9 11.5 7.5 13a2.8 2.8 0 0 1-4-4L5 7.5',
};

/** @param {string} name @param {number} [size] in px */
export function icon(name, size = 16) {
  return svg('svg', { class: 'icon', viewBox: '0 0 16 16', width: size, height: size, 'aria-hidden': 'true', focusable: 'false' },
    svg('path', { d: PATHS[name] ?? PATHS.info, fill: 'none', stroke: 'currentColor', 'stroke-width': 1.5, 'stroke-linecap': 'round', 'stroke-linejoin': 'round' }));
}
