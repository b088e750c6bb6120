// The wallet: what happens at the bank is shown here by itself.

import { rotatingCode } from "./code.js";
import { live } from "./live.js";
import { byId, show, showRows, text } from "./page.js";

const SHEET_SECONDS = 7;
const HIDDEN = "••••••";
const person = byId("main").dataset.person;
const balance = byId("balance");
const sheet = byId("sheet");
let amount = balance.textContent;
let hidden = localStorage.getItem("feiqian.hide") === "yes";
let closing = 0;

const code = rotatingCode(person);

function showBalance() {
  balance.textContent = hidden ? HIDDEN : amount;
  balance.classList.toggle("hidden-balance", hidden);
  balance.setAttribute("aria-label", hidden ? text("phone.balance.show") : amount);
  byId("hide").setAttribute("aria-pressed", String(hidden));
  byId("hide").setAttribute("aria-label", text(hidden ? "phone.balance.show" : "phone.balance.hide"));
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
  closing = setTimeout(closeSheet, SHEET_SECONDS * 1000);
}

byId("hide").addEventListener("click", () => {
  hidden = !hidden;
  localStorage.setItem("feiqian.hide", hidden ? "yes" : "no");
  showBalance();
});
byId("veil").addEventListener("click", closeSheet);
addEventListener("keydown", (event) => event.key === "Escape" && closeSheet());
showBalance();

live(`/phone/${person}/events`, {
  state(state) {
    amount = state.balance;
    showBalance();
    showRows(byId("payments"), state.payments);
    if (state.code) code.set(state.code);
    if (state.sheet) openSheet(state.sheet);
  },
});
