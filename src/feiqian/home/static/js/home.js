// Home: what happens at the bank is shown here by itself; amounts can be hidden from whoever looks over a shoulder.

import { live } from "./live.js";
import { byId, show, showRows, text } from "./page.js";
import { openSheet, takeBack } from "./sheet.js";

const HIDDEN = "••••••";
const standing = byId("main").dataset.standing;
let hidden = localStorage.getItem("feiqian.hide") === "yes";

function showAmounts() {
  for (const element of byId("money").querySelectorAll("[data-amount]")) {
    element.dataset.amount ||= element.textContent;
    element.textContent = hidden ? HIDDEN : element.dataset.amount;
  }
  byId("hide").setAttribute("aria-pressed", String(hidden));
  byId("hide").setAttribute("aria-label", text(hidden ? "home.show" : "home.hide"));
}

byId("hide").addEventListener("click", () => {
  hidden = !hidden;
  localStorage.setItem("feiqian.hide", hidden ? "yes" : "no");
  showAmounts();
});
showAmounts();

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
