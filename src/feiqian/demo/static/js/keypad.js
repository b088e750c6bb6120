// The amount at the till: digits go in from the right, as on every cash register, or with a point before the decimals.

import { keyed, plain, pretty, local } from "./amounts.js";
import { byId, text } from "./page.js";

const MOST_CHARACTERS = 24;
const LONG = 10; // characters; beyond it the figures are smaller
const POINTS = { Decimal: ".", Separator: ",", "。": ".", "．": ".", "，": ",", "、": ",", "٫": "." };
const KEYS = { Backspace: "back", Delete: "clear", Escape: "clear" };

export function keypad(currency, onCharge) {
  let entry = "";
  const amount = byId("amount");
  const charge = byId("charge");
  const minor = () => keyed(entry, currency.decimals);

  function draw() {
    const read = minor();
    const shown = read === null ? entry : pretty(read, currency);
    amount.textContent = shown;
    amount.dataset.empty = String(read === 0);
    amount.dataset.long = String(shown.length > LONG);
    charge.disabled = !read;
    charge.textContent = read ? text("till.charge", { amount: shown }) : text("till.charge.none");
    const example = local(plain(125 * 10 ** currency.decimals / 10, currency.decimals));
    byId("amount-problem").textContent = read === null ? text("till.amount.wrong", { typed: entry, example }) : "";
  }

  function press(key) {
    if (key === "back") entry = entry.slice(0, -1);
    else if (key === "clear") entry = "";
    else if (entry.length + key.length <= MOST_CHARACTERS) entry = (entry + key).replace(/^0+(?=\d)/, "");
    draw();
  }

  function typed(event) {
    const one = POINTS[event.key] ?? event.key;
    if (KEYS[one]) press(KEYS[one]);
    else if (/^\S$/u.test(one)) press(one); // also what is no digit: left out, it would make another amount of the rest
    else if (event.key !== "Enter" || !entry || event.target.tagName === "BUTTON") return;
    else if (minor()) onCharge();
    event.preventDefault();
  }

  /** A whole amount, such as from a bill: "12" is twelve, not twelve hundredths. */
  function paste(pasted) {
    const bare = pasted.replace(/\s/g, "");
    const whole = currency.decimals && /^\d+$/.test(bare) ? `${bare}.` : bare;
    entry = whole.length > MOST_CHARACTERS ? `${whole.slice(0, MOST_CHARACTERS)}…` : whole;
    draw();
  }

  byId("keypad").addEventListener("click", (event) => {
    const button = event.target.closest("[data-key]");
    if (button) press(button.dataset.key === "point" ? local(".") : button.dataset.key);
  });
  charge.addEventListener("click", onCharge);
  draw();
  return { minor: () => minor() ?? 0, clear: () => press("clear"), typed, paste };
}
