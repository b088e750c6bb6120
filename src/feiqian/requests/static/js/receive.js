// Shows the next receive code before the one on the page is too old; one that could not be renewed is not shown. What
// comes while the page is open is shown on it.

import { live } from "./live.js";
import { byId, show } from "./page.js";

const AGAIN_SECONDS = 10;
const place = byId("shown-code");
let timer = 0;
let known = null; // ids of what was there already

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

/** The newest entries, as Home shows them: those that were not there before, and have brought money. */
function showCame({ lately }) {
  const page = new DOMParser().parseFromString(lately, "text/html");
  const rows = [...page.querySelectorAll("[data-movement]")];
  const fresh = known && rows.filter((row) => !known.has(row.dataset.movement) && row.querySelector(".came"));
  known = new Set([...(known ?? []), ...rows.map((row) => row.dataset.movement)]);
  if (!fresh?.length) return;
  byId("came").hidden = false;
  byId("came").querySelector(".rows").prepend(...fresh.map((row) => document.adoptNode(row)));
}

document.addEventListener("visibilitychange", () => {
  if (!document.hidden && byId("receive-code")) renew();
});
begin();
live("/wallet/home/events", { state: showCame, ended: () => location.reload() });
