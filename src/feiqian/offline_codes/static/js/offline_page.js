// The page without network: shows what this browser keeps, and leads back once the bank answers.

import { CodesAhead } from "./ahead.js";
import { rotatingCode } from "./code.js";
import { fullScreen } from "./full.js";
import { byId, text } from "./page.js";

const AGAIN_MILLISECONDS = 3000;
const WHY = { over: ["offline.over", "offline.over.text"], clock: ["offline.clock", "offline.clock.text"] };

/** Whatever the bank answers, there is a network again: the page that was asked for is asked for once more. */
async function ask() {
  await fetch("/page-for", { cache: "no-store" });
  location.reload();
  return new Promise(() => {});
}

function showNone(why) {
  byId("pass").hidden = byId("until").hidden = true;
  byId("none").hidden = false;
  if (!WHY[why]) return;
  const [title, more] = WHY[why];
  byId("why").textContent = text(title);
  byId("why-text").textContent = text(more);
}

function showUntil(moment) {
  const time = new Date(moment).toLocaleTimeString(document.documentElement.lang, { timeStyle: "short", hourCycle: "h23" });
  byId("until-text").textContent = text("offline.until", { time });
}

function begin(ahead) {
  const first = ahead.current();
  if (!first.digits && first.why !== "soon") return showNone(first.why);
  byId("pass").hidden = byId("until").hidden = false;
  byId("none").hidden = true;
  showUntil(ahead.ends);
  rotatingCode(ahead, ask, showNone);
  fullScreen();
}

new CodesAhead().load().then(begin);
const tryAgain = () => document.hidden || ask().catch(() => {});
byId("again").addEventListener("click", tryAgain);
addEventListener("online", tryAgain);
document.addEventListener("visibilitychange", tryAgain);
setInterval(tryAgain, AGAIN_MILLISECONDS);
