// The amount at the till: digits go in from the right, as on every cash register, in minor units of the shop's currency.

import { byId, text } from "./page.js";

const MOST_DIGITS = 10;
const LONG = 10; // characters; beyond it the figures are smaller

export function plain(minor, decimals) {
  const digits = String(minor).padStart(decimals + 1, "0");
  return decimals ? `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}` : digits;
}

export function pretty(minor, { decimals, symbol }) {
  const [whole, fraction] = plain(minor, decimals).split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  return symbol + (fraction === undefined ? grouped : `${grouped}.${fraction}`);
}

export function keypad(currency, onCharge) {
  let digits = "";
  const amount = byId("amount");
  const charge = byId("charge");

  function draw() {
    const minor = Number(digits || 0);
    const shown = pretty(minor, currency);
    amount.textContent = shown;
    amount.dataset.empty = String(minor === 0);
    amount.dataset.long = String(shown.length > LONG);
    charge.disabled = minor === 0;
    charge.textContent = minor ? text("till.charge", { amount: shown }) : text("till.charge.none");
  }

  function press(key) {
    if (key === "back") digits = digits.slice(0, -1);
    else if (key === "clear") digits = "";
    else if (digits.length + key.length <= MOST_DIGITS) digits = (digits + key).replace(/^0+/, "");
    draw();
  }

  function typed(event) {
    const known = { Backspace: "back", Delete: "clear", Escape: "clear" };
    const key = /^[0-9]$/.test(event.key) ? event.key : known[event.key];
    if (key) press(key);
    else if (event.key === "Enter" && digits && event.target.tagName !== "BUTTON") onCharge();
    else return;
    event.preventDefault();
  }

  byId("keypad").addEventListener("click", (event) => {
    const button = event.target.closest("[data-key]");
    if (button) press(button.dataset.key);
  });
  charge.addEventListener("click", onCharge);
  draw();
  return { minor: () => Number(digits || 0), clear: () => press("clear"), typed };
}
