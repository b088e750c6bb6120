// The payment code in the wallet: shown as QR, bars and digits, new in time, with a ring that counts down; one that was
// fetched ahead where the bank cannot be reached, and nothing at all while the page is not in front.

import { drawn } from "./ahead.js";
import { byId, getJson, Refused, text } from "./page.js";

const RETRY_SECONDS = 3;
const OVERDUE_SECONDS = 1.5; // after its time a code is shown so long while the next is on its way
const PATIENCE_MILLISECONDS = 1200; // that the bank may take to answer before a code that is there already is shown

const fromTheBank = () => getJson("/wallet/code");

/** `ahead`: the codes for when there is no network; `ask`: for the next one, of the bank; `none`: told why there is none. */
export function rotatingCode(ahead, ask = fromTheBank, none = () => {}) {
  const box = byId("code");
  const ring = byId("ring");
  let total = Number(box.dataset.seconds);
  let until = performance.now() + total * 1000;
  let asking = false;
  let again = 0; // not before then, after a failure

  function draw(name, picture) {
    for (const symbol of document.querySelectorAll(`[data-symbol="${name}"]`)) {
      symbol.setAttribute("viewBox", `0 0 ${picture.width} ${picture.height}`);
      symbol.firstElementChild.setAttribute("d", picture.path);
      symbol.classList.remove("new");
      symbol.getBoundingClientRect(); // so that the animation starts again
      symbol.classList.add("new");
    }
  }

  function put(code, offline) {
    draw("qr", code.qr);
    draw("bars", code.bars);
    const digits = code.digits.replace(/(\d{4})(?=\d)/g, "$1 ");
    for (const place of document.querySelectorAll("[data-digits]")) place.textContent = digits;
    total = code.seconds;
    until = performance.now() + total * 1000;
    byId("digits").disabled = false;
    mark({ late: false, stale: code.used, offline });
    tick();
  }

  /** A code by the bank. */
  function set(code) {
    again = 0;
    put(code, false);
    ahead.back().then(() => ahead.fetch(!ahead.isOfKeyOf(code.digits)));
  }

  /** One that was fetched ahead, if there is one and this page has none that the bank gave for now. */
  async function setAhead() {
    await ahead.load();
    const code = ahead.current();
    if (performance.now() < until) return;
    if (!code.digits) {
      none(code.why);
      return expire(code.why);
    }
    put(drawn(code), true);
    ahead.note(code.slot);
  }

  async function renew() {
    if (asking) return;
    asking = true;
    const patience = setTimeout(setAhead, PATIENCE_MILLISECONDS);
    try {
      set(await ask());
    } catch (error) {
      // Signed out, or no longer a wallet that pays (frozen elsewhere): the page itself says which.
      if (error instanceof Refused && [401, 404].includes(error.status)) return void ahead.forget().then(() => location.reload());
      again = performance.now() + RETRY_SECONDS * 1000;
      await setAhead();
    } finally {
      clearTimeout(patience);
      asking = false;
    }
  }

  function mark(states) {
    for (const element of document.querySelectorAll("[data-code]")) {
      for (const [name, is] of Object.entries(states)) element.classList.toggle(name, is);
    }
  }

  /** Grey, in words, and not to be copied: whoever sees it must not take it for one that pays. */
  function expire(why) {
    if (box.classList.contains("late")) return;
    mark({ late: true, offline: false });
    byId("digits").disabled = true;
    say(text(why === "clock" ? "wallet.code.clock" : "wallet.code.failed"));
  }

  function back() {
    again = 0;
    if (box.classList.contains("offline")) renew();
    else tick();
  }

  function say(words) {
    for (const place of document.querySelectorAll("[data-fresh]")) place.textContent = words;
  }

  function words(seconds) {
    if (box.classList.contains("offline")) return text("wallet.code.offline", { seconds });
    return text(box.classList.contains("stale") ? "wallet.code.used" : "wallet.code.fresh", { seconds });
  }

  function tick() {
    const now = performance.now();
    const left = Math.max(0, (until - now) / 1000);
    if (now > until + OVERDUE_SECONDS * 1000) expire();
    ring.style.strokeDashoffset = String(100 - (100 * left) / Math.max(total, 1));
    if (!box.classList.contains("late")) say(words(Math.ceil(left)));
    if (left <= 0 && !document.hidden && now >= again) renew();
    if (!document.hidden && !box.classList.contains("offline")) ahead.fetch();
  }

  async function copy() {
    await navigator.clipboard.writeText(byId("digits-text").textContent.replaceAll(" ", ""));
    byId("digits").title = text("wallet.code.copied");
    say(text("wallet.code.copied"));
  }

  /** What is not in front is in the list of open apps, and seen over a shoulder. */
  function inFront() {
    mark({ away: document.hidden });
    if (!document.hidden) tick();
  }

  byId("digits").addEventListener("click", () => copy().catch(() => {}));
  document.addEventListener("visibilitychange", inFront);
  addEventListener("online", back);
  setInterval(tick, 250);
  ahead.load().then(inFront);
  return { set, back };
}
