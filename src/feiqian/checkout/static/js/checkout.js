// An order that is open: the time that is left, and the page turns once the order has ended, wherever that was.

import { byId, getJson, text } from "./page.js";

const HELD = 30_000; // milliseconds in which a held question is answered
const PAUSE = 1500; // between questions, so that answers that come at once make no storm
const LAST_SECONDS = 60; // from here on the time that is left is told to those who do not see it, too

const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

function countDown(element) {
  const until = performance.now() + Number(element.dataset.seconds) * 1000;
  if (Number(element.dataset.seconds) > 3600) return; // the time of day says more
  const timer = setInterval(tick, 1000);

  function tick() {
    const left = Math.max(0, Math.ceil((until - performance.now()) / 1000));
    const time = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
    element.textContent = text("checkout.script.left", { time });
    if (left === LAST_SECONDS) element.setAttribute("role", "status");
    if (left === 0) clearInterval(timer);
  }

  tick();
}

async function follow(place, version) {
  for (;;) {
    await pause(PAUSE);
    if (document.hidden) continue;
    try {
      const state = await getJson(`${place}/state?version=${version}`, HELD);
      if (state.status !== "open") return location.replace(place);
      version = state.version;
    } catch {
      await pause(4 * PAUSE);
    }
  }
}

const left = byId("time-left");
if (left) countDown(left);
const { place, version } = byId("checkout").dataset;
follow(place, version);
