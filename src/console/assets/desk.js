// @ts-check
// `<rep-console>`: the desk of one representative.

import { request, session } from './api.js';
import { Page } from './desk/page.js';
import { put, h } from './dom.js';
import { Live } from './live.js';

class RepConsole extends HTMLElement {
  connectedCallback() {
    void this.#open();
  }

  async #open() {
    /** @type {import('../protocol.d.ts').Me} */
    let me;
    try {
      me = await request('GET', '/me');
    } catch (error) {
      return this.#closed(error);
    }
    const { programme = '', display = '', supervisor } = this.dataset;
    const page = new Page(me.id, { programme, display: me.display || display, supervisor: supervisor !== undefined }, { retry: () => live.retryNow() });
    const live = new Live((frame) => page.desk.hear(frame), (link) => page.linked(link));
    session.ended = () => live.end();
    page.desk.me.set(me);
    put(this, page.element);
    live.start();
  }

  /** @param {unknown} error */
  #closed(error) {
    put(this, h('main', { class: 'opening' }, h('h1', null, 'The desk cannot be opened'), h('p', { role: 'alert' }, error instanceof Error ? error.message : ''),
      h('button', { type: 'button', class: 'primary', onclick: () => location.reload() }, 'Try again')));
  }
}

customElements.define('rep-console', RepConsole);
