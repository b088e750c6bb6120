// Home: what happens at the bank is shown here by itself; amounts can be hidden from whoever looks over a shoulder.

import { live } from "./live.js";
import { byId, postForm, show, showRows, text } from "./page.js";
import { keepShell } from "./shell.js";
import { openSheet, takeBack } from "./sheet.js";

const HIDDEN = "••••••";
const KEPT = "feiqian.hide"; // the page that pays knows it, too
const standing = byId("main").dataset.standing;
let hidden = byId("hide").getAttribute("aria-pressed") === "true";

function showAmounts() {
  for (const element of byId("money").querySelectorAll("[data-amount]")) {
    element.textContent = hidden ? HIDDEN : element.dataset.amount;
  }
  for (const more of byId("money").querySelectorAll("small")) more.hidden = hidden;
  byId("hide").setAttribute("aria-pressed", String(hidden));
  byId("hide").setAttribute("aria-label", text(hidden ? "home.show" : "home.hide"));
}

/** The bank is told, so that the next page comes without amounts at once. */
function keep() {
  localStorage.setItem(KEPT, hidden ? "yes" : "no");
  showAmounts();
  postForm("/wallet/hide", new URLSearchParams({ hidden: hidden ? "yes" : "" })).catch(() => {});
}

byId("hiding").addEventListener("submit", (event) => {
  event.preventDefault();
  hidden = !hidden;
  keep();
});
const elsewhere = localStorage.getItem(KEPT);
if (elsewhere && (elsewhere === "yes") !== hidden) {
  hidden = !hidden;
  keep();
}

keepShell();
live("/wallet/home/events", {
  state(state) {
    if (state.standing !== standing) return location.reload();
    show(byId("money"), state.money);
    showAmounts();
    showRows(byId("lately"), state.lately);
    showRows(byId("attention"), state.attention);
    show(byId("bell"), state.bell);
    takeBack(byId("attention"));
    if (state.sheet) openSheet(state.sheet);
  },
  ended: () => location.reload(),
});
