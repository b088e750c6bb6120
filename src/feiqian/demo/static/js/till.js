// The till: amount → scan → answer. The order number is made before the bank is first asked and kept until its answer is
// known, so that asking again, whatever got lost, can never take the money twice.

import { plain, pretty } from "./amounts.js";
import { camera, jpeg } from "./camera.js";
import { keypad } from "./keypad.js";
import { live } from "./live.js";
import { byId, postBlob, postJson, show, showRows, text } from "./page.js";
import { refunds } from "./refund.js";

const LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"; // Crockford's: none that are read as another
const CODE = /^\d{20}$/;
const BESIDE_MILLISECONDS = 15_000; // that phone's code may be used already: then until it shows the next
const LOOK_AGAIN_MILLISECONDS = 4_000;
const ON_ITS_WAY_MILLISECONDS = 25_000; // so long a request whose answer was lost may still reach the bank
const CAMERA = {
  start: "till.camera.start",
  starting: "till.camera.starting",
  looking: "till.camera.looking",
  again: "till.camera.again",
  refused: "till.camera.refused",
  none: "till.camera.none",
};
const main = byId("main");
const shop = main.dataset.shop;
const currency = { decimals: Number(main.dataset.decimals), shape: main.dataset.shape };
const desk = byId("desk");
const typed = byId("digits");
const pending = `feiqian.till.${shop}`;
let sale = null; // { order, amount, minor } of the payment that the bank was asked for
const refused = []; // rows of scans that were declined without a payment, of this page
let receipts = byId("receipts").innerHTML; // as the bank lists them
let lostAt = 0; // when its answer did not arrive

const newNumber = () => {
  const random = [...crypto.getRandomValues(new Uint8Array(12))]; // 60 bits: no two of a shop's orders are the same
  return random.map((byte, i) => (i % 4 || !i ? "" : "-") + LETTERS[byte % 32]).join("");
};
const keys = keypad(currency, () => stage("scan"));
const eye = camera(CAMERA, read, (found) => take(found.code));
refunds(shop, currency.decimals, newNumber);

/** The server reads the code in a frame. */
async function read(video) {
  const answer = await postBlob(`/till/${shop}/frames`, await jpeg(video, video.videoWidth, video.videoHeight));
  return answer.code ? answer : null;
}

function stage(name) {
  if (name !== "scan") eye.stop();
  desk.dataset.stage = name;
  for (const part of desk.querySelectorAll("[data-of]")) part.hidden = part.dataset.of !== name;
  if (name === "scan" || name === "asking") {
    const minor = name === "asking" ? sale.minor : keys.minor();
    for (const label of desk.querySelectorAll(`[data-of="${name}"] [data-amount]`)) label.textContent = pretty(minor, currency);
  }
  if (name === "scan") {
    typed.value = "";
    byId("digits-problem").textContent = "";
  }
}

/** The bank's list, and between its rows those scans that it keeps no payment of. */
function showReceipts() {
  const box = byId("receipts");
  showRows(box, receipts);
  for (const html of refused) {
    const template = document.createElement("template");
    template.innerHTML = html;
    const row = template.content.querySelector("li");
    const older = [...box.querySelectorAll("[data-at]")].find((other) => Number(other.dataset.at) < Number(row.dataset.at));
    if (older) older.before(row);
    else if (box.querySelector("ul")) box.querySelector("ul").append(row);
    else box.replaceChildren(template.content);
  }
}

/** A code was read: ask the bank, once, under an order number of its own. */
function take(code) {
  sale = { order: newNumber(), amount: plain(keys.minor(), currency.decimals), minor: keys.minor() };
  sessionStorage.setItem(pending, JSON.stringify(sale));
  ask("payments", { order: sale.order, amount: sale.amount, code });
}

async function ask(path, data) {
  stage("asking");
  try {
    answered(await postJson(`/till/${shop}/${path}`, data));
  } catch {
    lostAt = performance.now();
    answered(null); // no answer, whatever the cause, is no "no"
  }
}

/** `null` shows the words for "unknown" that came with the page. */
function answered(answer) {
  show(byId("outcome"), answer?.html ?? byId("unknown").innerHTML);
  if (!answer) {
    byId("outcome").querySelector("[data-amount]").textContent = pretty(sale.minor, currency);
    byId("outcome").querySelector("[data-order]").textContent = text("till.order", sale);
  }
  if (answer && answer.status !== "unknown" && answer.status !== "needs_verification") sessionStorage.removeItem(pending);
  if (answer?.receipt) {
    refused.push(answer.receipt);
    showReceipts();
  }
  stage("outcome");
  desk.dataset.status = answer?.status ?? "unknown";
  byId("outcome").querySelector(".outcome-title").focus({ preventScroll: true });
  desk.scrollIntoView({ block: "nearest" });
}

function askAgain() {
  ask("questions", { order: sale.order, amount: sale.amount });
}

function newSale() {
  sale = null;
  sessionStorage.removeItem(pending);
  keys.clear();
  stage("amount");
}

async function beside() {
  byId("beside").disabled = true;
  try {
    take((await postJson(`/till/${shop}/beside`, { customer: byId("whose").value }, BESIDE_MILLISECONDS)).code);
  } catch {
    byId("digits-problem").textContent = text("till.beside.failed");
  } finally {
    byId("beside").disabled = false;
  }
}

byId("typed").addEventListener("submit", (event) => {
  event.preventDefault();
  const digits = typed.value.normalize("NFKC").replace(/[\s\p{Pd}\p{Default_Ignorable_Code_Point}]/gu, "");
  if (CODE.test(digits)) return take(digits);
  byId("digits-problem").textContent = text("till.digits.wrong", { count: digits.length });
  typed.focus();
});

byId("outcome").addEventListener("click", (event) => {
  const what = event.target.closest("[data-do]")?.dataset.do;
  if (what === "new") newSale();
  else if (what === "again") stage("scan");
  else if (what === "ask") askAgain();
  else if (what === "cancel") ask("cancellations", { order: sale.order, amount: sale.amount });
});

/** The keyboard: figures for the amount, or a handheld scanner, which types the digits and ends with Enter. */
addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, select") || byId("refund").open) return;
  if (desk.dataset.stage === "amount") keys.typed(event);
  else if (desk.dataset.stage === "scan" && /^\d$/.test(event.key)) typed.focus();
  else if (desk.dataset.stage === "scan" && event.key === "Escape") stage("amount");
  else if (desk.dataset.stage === "outcome" && event.key === "Enter" && event.target.tagName !== "BUTTON") {
    byId("outcome").querySelector("[data-do]")?.click();
  }
});

addEventListener("paste", (event) => {
  if (desk.dataset.stage !== "amount" || event.target.matches("input, select") || byId("refund").open) return;
  keys.paste(event.clipboardData.getData("text"));
  event.preventDefault();
});

byId("back").addEventListener("click", () => stage("amount"));
byId("beside").addEventListener("click", beside);

live(`/till/${shop}/events`, {
  state(state) {
    receipts = state.receipts;
    showReceipts();
    byId("takings").textContent = state.takings;
    if (desk.dataset.status === "needs_verification") lookAgain();
  },
}, lookAgain);

/** A payment that waits may be confirmed, cancelled elsewhere, or expire; one of which nothing is known may have been
    made. Asks without a word. That the bank knows of none counts only when none can be on its way any more. */
async function lookAgain() {
  if (desk.dataset.stage !== "outcome" || !["needs_verification", "unknown"].includes(desk.dataset.status)) return;
  const asked = sale;
  const now = await postJson(`/till/${shop}/questions`, { order: asked.order, amount: asked.amount }).catch(() => null);
  const stillShown = sale === asked && desk.dataset.stage === "outcome"; // not another sale by now
  if (!now || !stillShown || now.status === desk.dataset.status || now.status === "unknown") return;
  if (now.status === "missing" && performance.now() < lostAt + ON_ITS_WAY_MILLISECONDS) return;
  answered(now);
}
setInterval(lookAgain, LOOK_AGAIN_MILLISECONDS); // should the stream be cut
addEventListener("online", lookAgain);

const kept = sessionStorage.getItem(pending);
if (kept) {
  sale = JSON.parse(kept); // the page was closed before the answer came
  askAgain();
}
