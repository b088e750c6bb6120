// The payment code in the wallet: shown as QR, bars and digits, new in time, with a ring that counts down.

import { byId, getJson, Refused, text } from "./page.js";

const RETRY_SECONDS = 3;
const OVERDUE_SECONDS = 1.5; // after its time a code is shown so long while the next is on its way

export function rotatingCode() {
  const box = byId("code");
  const ring = byId("ring");
  let total = Number(box.dataset.seconds);
  let until = performance.now() + total * 1000;
  let asking = false;
  let again = 0; // not before then, after a failure

  function set(code) {
    for (const name of ["qr", "bars"]) {
      const symbol = byId(name);
      symbol.setAttribute("viewBox", `0 0 ${code[name].width} ${code[name].height}`);
      symbol.firstElementChild.setAttribute("d", code[name].path);
      symbol.classList.remove("new");
      symbol.getBoundingClientRect(); // so that the animation starts again
      symbol.classList.add("new");
    }
    byId("digits-text").textContent = code.digits.replace(/(\d{4})(?=\d)/g, "$1 ");
    total = code.seconds;
    until = performance.now() + total * 1000;
    again = 0;
    box.classList.remove("late");
    byId("digits").disabled = false;
    box.classList.toggle("stale", code.used);
    tick();
  }

  async function renew() {
    if (asking) return;
    asking = true;
    try {
      set(await getJson("/wallet/code"));
    } catch (error) {
      // Signed out, or no longer a wallet that pays (frozen elsewhere): the page itself says which.
      if (error instanceof Refused && [401, 404].includes(error.status)) location.reload();
      again = performance.now() + RETRY_SECONDS * 1000;
      if (performance.now() >= until) expire();
    } finally {
      asking = false;
    }
  }

  /** Grey, in words, and not to be copied: whoever sees it must not take it for one that pays. */
  function expire() {
    if (box.classList.contains("late")) return;
    box.classList.add("late");
    byId("digits").disabled = true;
    byId("fresh").textContent = text("wallet.code.failed");
  }

  function back() {
    again = 0;
    tick();
  }

  const words = (seconds) => text(box.classList.contains("stale") ? "wallet.code.used" : "wallet.code.fresh", { seconds });

  function tick() {
    const now = performance.now();
    const left = Math.max(0, (until - now) / 1000);
    if (now > until + OVERDUE_SECONDS * 1000) expire();
    ring.style.strokeDashoffset = String(100 - (100 * left) / Math.max(total, 1));
    if (!box.classList.contains("late")) byId("fresh").textContent = words(Math.ceil(left));
    if (left <= 0 && !document.hidden && now >= again) renew();
  }

  async function copy() {
    await navigator.clipboard.writeText(byId("digits-text").textContent.replaceAll(" ", ""));
    byId("digits").title = text("wallet.code.copied");
    byId("fresh").textContent = text("wallet.code.copied");
  }

  byId("digits").addEventListener("click", () => copy().catch(() => {}));
  document.addEventListener("visibilitychange", () => document.hidden || tick());
  addEventListener("online", back);
  setInterval(tick, 250);
  return { set, back };
}
