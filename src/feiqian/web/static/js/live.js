// One stream of server-sent events. It is closed while the page is hidden (a browser allows few connections to one
// server), opened again when the page is seen, and tried again for as long as it takes.

import { connectionBack, connectionLost } from "./page.js";
import { look, withMark } from "./whose.js";

const FIRST_WAIT = 800;
const LONGEST_WAIT = 8000;

/** `back` is called when the stream is open again after it was cut. */
export function live(url, handlers, back = () => {}) {
  let source = null;
  let wait = FIRST_WAIT;
  let timer = 0;
  let cut = false;

  function open() {
    clearTimeout(timer);
    source?.close();
    source = new EventSource(withMark(url));
    source.onopen = () => {
      wait = FIRST_WAIT;
      connectionBack();
      if (cut) back();
      cut = false;
    };
    source.onerror = () => {
      source.close();
      cut = true;
      connectionLost(open);
      look(); // the stream may have been refused because another person is signed in
      timer = setTimeout(open, wait);
      wait = Math.min(wait * 2, LONGEST_WAIT);
    };
    for (const [name, handle] of Object.entries(handlers)) {
      source.addEventListener(name, (event) => handle(JSON.parse(event.data)));
    }
  }

  function close() {
    clearTimeout(timer);
    source?.close();
    source = null;
  }

  document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
  addEventListener("pagehide", close);
  addEventListener("pageshow", (event) => event.persisted && open());
  addEventListener("online", () => !document.hidden && cut && open());
  if (!document.hidden) open();
}
