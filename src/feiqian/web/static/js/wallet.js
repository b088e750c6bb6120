// The wallet: what happens at the bank is shown here by itself.

import { CodesAhead } from "./ahead.js";
import { rotatingCode } from "./code.js";
import { fullScreen } from "./full.js";
import { live } from "./live.js";
import { forget } from "./kept_codes.js";
import { byId, show, showRows, text } from "./page.js";
import { keepShell } from "./shell.js";
import { openSheet, takeBack } from "./sheet.js";

const HIDDEN = "••••••";
const standing = byId("main").dataset.standing;
const balance = byId("balance");
let amount = balance.textContent;
let hidden = localStorage.getItem("feiqian.hide") === "yes";
const shown = new Map(); // by the element of each place

const code = byId("code") && rotatingCode(new CodesAhead()); // there is none while the wallet is frozen, or not open yet
const full = code && fullScreen();
if (!code) forget();
keepShell();

function showBalance() {
  balance.textContent = hidden ? HIDDEN : amount;
  balance.classList.toggle("hidden-balance", hidden);
  balance.setAttribute("aria-label", hidden ? text("wallet.balance.show") : amount);
  byId("hide").setAttribute("aria-pressed", String(hidden));
  byId("hide").setAttribute("aria-label", text(hidden ? "wallet.balance.show" : "wallet.balance.hide"));
}

/** What features show; the same again is left alone, so that whoever is on it stays there. What is open stays open. */
function showParts(parts) {
  for (const element of document.querySelectorAll("[data-parts]")) {
    const html = parts[element.dataset.parts];
    const open = [...element.querySelectorAll("details")].map((one) => one.open);
    if (html !== shown.get(element)) show(element, html);
    element.querySelectorAll("details").forEach((one, place) => (one.open = open[place] ?? false));
    shown.set(element, html);
  }
}

byId("hide").addEventListener("click", () => {
  hidden = !hidden;
  localStorage.setItem("feiqian.hide", hidden ? "yes" : "no");
  showBalance();
});
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
    takeBack(byId("waiting"));
    if (state.sheet) {
      full?.close();
      openSheet(state.sheet);
    }
  },
  ended: () => forget().then(() => location.reload()),
}, () => code?.back());
