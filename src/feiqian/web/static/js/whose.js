// A page acts for whom it shows. Its mark goes with all that it asks for; when another person has signed in in the same
// browser (or nobody is signed in any more), it says so and is loaded anew. Imports nothing: every page may have it.

const follows = document.querySelector('meta[name="follows"]')?.content; // where to ask whether it is still right
const home = follows?.slice(0, -"/page-for".length); // the first page of whoever works; "" of customers
const banner = document.getElementById("banner");
const SAY = "feiqian.another"; // of this tab: what the page says once it is loaded anew
const HEADER = "Page-For";

export const mark = document.querySelector('meta[name="page-for"]').content;
export const marked = { [HEADER]: mark };

/** The address with the mark, for streams, which have no headers of their own. */
export const withMark = (url) => `${url}${url.includes("?") ? "&" : "?"}page_for=${encodeURIComponent(mark)}`;

const SAID_MILLISECONDS = 15_000;
const FORM_MILLISECONDS = 10_000;
const CODES = "feiqian.codes"; // whose codes this browser keeps for when there is no network (kept_codes.js)
const CODES_BASE = "feiqian-codes";
const NOBODY = "-";
let leaving = false;
let sending = false; // a form that leads to another page, and may sign somebody in or out

/** Codes that are kept for another than this customer are kept no longer. */
function dropCodesBut(whose) {
  const kept = localStorage.getItem(CODES);
  if (kept === null || kept === whose) return;
  localStorage.removeItem(CODES);
  indexedDB.deleteDatabase(CODES_BASE);
}

/** The answer was for another person's page, or nobody is signed in: nothing of this page is shown any more. */
export function judge(answer) {
  const why = answer.headers.get(HEADER);
  if (leaving || (why !== "another" && why !== "nobody")) return;
  leaving = true;
  document.getElementById("main").hidden = true;
  if (sending) setTimeout(leave, FORM_MILLISECONDS, why); // what the form is answered comes first, if it comes
  else leave(why);
}

function leave(why) {
  dropCodesBut(NOBODY);
  if (why === "another") {
    say();
    sessionStorage.setItem(SAY, "yes");
  }
  const here = banner.dataset.here; // a page that came as the answer to a form has no address of its own
  location.replace(home && !here.startsWith(home) ? home : here);
}

function say() {
  document.getElementById("banner-text").textContent = banner.dataset.another;
  banner.classList.add("good");
  banner.dataset.saying = "another"; // that the connection is back does not take its place
  banner.hidden = false;
}

/** Asks whether whom this page shows is signed in still. Without a connection nothing is known, and nothing changes. */
export async function look() {
  if (!follows || document.hidden) return;
  try {
    judge(await fetch(follows, { headers: { ...marked, Accept: "application/json" }, cache: "no-store" }));
  } catch {
    // at the next occasion
  }
}

addEventListener("submit", (event) => (sending ||= !event.defaultPrevented));
addEventListener("pageshow", () => (sending = false)); // by the browser's arrows

if (mark) dropCodesBut(mark.split(".")[0] || localStorage.getItem(CODES)); // a page that did not look says nothing

if (sessionStorage.getItem(SAY)) {
  sessionStorage.removeItem(SAY);
  say();
  setTimeout(() => {
    if (banner.dataset.saying) banner.hidden = true;
    delete banner.dataset.saying;
  }, SAID_MILLISECONDS);
}

if (follows) {
  const channel = new BroadcastChannel("feiqian.page-for");
  channel.addEventListener("message", (event) => event.data !== mark && look());
  channel.postMessage(mark);
  document.addEventListener("visibilitychange", look);
  addEventListener("pageshow", (event) => event.persisted && look());
}
