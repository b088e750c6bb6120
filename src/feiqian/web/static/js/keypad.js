// The amount at the till: digits go in from the right, as on every cash register, in minor units of the shop's currency.

import { byId, text } from "./page.js";

const MOST_DIGITS = 10;
const LONG = 10; // characters; beyond it the figures are smaller

export function plain(minor, decimals) {
  const digits = String(minor).padStart(decimals + 1, "0");
  return decimals ? `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}` : digits;
}

/** As people write it in the page's language, with the currency's symbol where it belongs. */
export function pretty(minor, { decimals, shape }) {
  const digits = { minimumFractionDigits: decimals, maximumFractionDigits: decimals, useGrouping: "always" };
  return shape.replace("{amount}", (minor / 10 ** decimals).toLocaleString(document.documentElement.lang, digits));
}

const signs = Object.fromEntries(new Intl.NumberFormat(document.documentElement.lang, { useGrouping: "always" })
  .formatToParts(12345.6).map(({ type, value }) => [type, value]));

/** What the server sends with a point, with the page's own sign before the decimals. */
export const local = (text) => text.replace(".", signs.decimal);

/** What a person typed, with a point before the decimals; what could mean two amounts is left for the server to refuse. */
export function typedAmount(text, decimals) {
  const bare = text.replace(/\s/g, "");
  const [group, point] = [signs.group, signs.decimal].map((sign) => `\\${sign}`);
  const grouped = new RegExp(`^\\d{1,3}(${group}\\d{3})+(${point}\\d{1,${decimals || 1}})?$`);
  if (grouped.test(bare)) return bare.replaceAll(signs.group, "").replace(signs.decimal, ".");
  return decimals && new RegExp(`^\\d+[.,]\\d{1,${decimals}}$`).test(bare) ? bare.replace(",", ".") : bare;
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
