// The wallet: what happens at the bank is shown here by itself.

import { rotatingCode } from "./code.js";
import { live } from "./live.js";
import { byId, show, showRows, text } from "./page.js";

const SHEET_SECONDS = 7;
const HIDDEN = "••••••";
const standing = byId("main").dataset.standing;
const balance = byId("balance");
const sheet = byId("sheet");
let amount = balance.textContent;
let hidden = localStorage.getItem("feiqian.hide") === "yes";
let closing = 0;
const shown = new Map(); // by the element of each place

const code = byId("code") && rotatingCode(); // there is none while the wallet is frozen, or has yet to be opened

function showBalance() {
  balance.textContent = hidden ? HIDDEN : amount;
  balance.classList.toggle("hidden-balance", hidden);
  balance.setAttribute("aria-label", hidden ? text("wallet.balance.show") : amount);
  byId("hide").setAttribute("aria-pressed", String(hidden));
  byId("hide").setAttribute("aria-label", text(hidden ? "wallet.balance.show" : "wallet.balance.hide"));
}

/** What features show; the same again is left alone, so that whoever is on it stays there. */
function showParts(parts) {
  for (const element of document.querySelectorAll("[data-parts]")) {
    const html = parts[element.dataset.parts];
    if (html !== shown.get(element)) show(element, html);
    shown.set(element, html);
  }
}

function closeSheet() {
  clearTimeout(closing);
  sheet.replaceChildren();
  byId("veil").hidden = true;
}

function openSheet(html) {
  clearTimeout(closing);
  show(sheet, html);
  byId("veil").hidden = false;
  sheet.querySelector("[data-close]").addEventListener("click", closeSheet);
  // What waits for an answer stays until it gets one.
  if (!sheet.querySelector("a")) closing = setTimeout(closeSheet, SHEET_SECONDS * 1000);
}

/** A question that no longer waits for an answer (cancelled, too late, answered elsewhere) is not asked any more. */
function takeBack() {
  const question = sheet.querySelector("a");
  if (question && !byId("waiting").querySelector(`a[href="${question.getAttribute("href")}"]`)) closeSheet();
}

byId("hide").addEventListener("click", () => {
  hidden = !hidden;
  localStorage.setItem("feiqian.hide", hidden ? "yes" : "no");
  showBalance();
});
byId("veil").addEventListener("click", closeSheet);
addEventListener("keydown", (event) => event.key === "Escape" && closeSheet());
showBalance();

live("/wallet/events", {
  state(state) {
    if (state.standing !== standing) return location.reload();
    amount = state.balance;
    showBalance();
    show(byId("limits"), state.limits);
    showParts(state.parts);
    showRows(byId("payments"), state.payments);
    showRows(byId("waiting"), state.waiting);
    if (state.code) code?.set(state.code);
    takeBack();
    if (state.sheet) openSheet(state.sheet);
  },
  ended: () => location.reload(),
}, () => code?.back());
