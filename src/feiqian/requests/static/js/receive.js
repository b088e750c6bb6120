// Shows the next receive code before the one on the page is too old; one that could not be renewed is not shown.

import { byId, show } from "./page.js";

const AGAIN_SECONDS = 10;
const place = byId("shown-code");
let timer = 0;

function wait(seconds) {
  clearTimeout(timer);
  timer = setTimeout(renew, seconds * 1000);
}

function late(is) {
  byId("code-late").hidden = !is;
  byId("receive-code")?.classList.toggle("gone", is);
}

async function renew() {
  if (document.hidden) return;
  try {
    const answer = await fetch(place.dataset.address, { redirect: "error" });
    if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
    show(place, await answer.text());
    late(false);
    begin();
  } catch {
    late(true);
    wait(AGAIN_SECONDS);
  }
}

function begin() {
  const seconds = Number(byId("receive-code")?.dataset.seconds ?? 0);
  if (seconds) wait(seconds);
}

document.addEventListener("visibilitychange", () => {
  if (!document.hidden && byId("receive-code")) renew();
});
begin();
