// A payment that waits: when it is cancelled, expires or is decided elsewhere, the page says so by itself.

import { byId, getJson } from "./page.js";
import { live } from "./live.js";

const EVERY = 5000; // milliseconds, for when nothing is heard
const payment = byId("paying").dataset.payment;
let leaving = false;

async function look() {
  if (leaving || document.hidden) return;
  const { status } = await getJson(`/confirm/${payment}/state`).catch(() => ({ status: "needs_verification" }));
  if (status === "needs_verification" || leaving) return;
  leaving = true;
  location.replace(`/confirm/${payment}`);
}

live("/wallet/events", { state: look });
setInterval(look, EVERY);
addEventListener("submit", () => (leaving = true));
