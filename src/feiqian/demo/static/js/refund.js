// Giving money back: all or part of a receipt, once per press however often the answer gets lost.

import { local, typedAmount } from "./amounts.js";
import { byId, postJson, Refused, text } from "./page.js";

export function refunds(shop, decimals, newNumber) {
  const dialog = byId("refund");
  const problem = byId("refund-problem");
  let receipt = null;
  let number = "";

  function open(button) {
    receipt = button.dataset;
    number = newNumber();
    byId("refund-of").textContent = text("till.refund.of", { amount: receipt.amount, left: receipt.left });
    byId("refund-amount").value = local(receipt.leftPlain);
    say("");
    dialog.showModal();
    byId("refund-amount").select();
  }

  function say(words, good = false) {
    problem.textContent = words;
    problem.classList.toggle("good", good);
    byId("refund-do").hidden = good;
  }

  async function giveBack(event) {
    event.preventDefault();
    byId("refund-do").disabled = true;
    try {
      const amount = typedAmount(byId("refund-amount").value, decimals);
      const answer = await postJson(`/till/${shop}/refunds`, { order: receipt.refund, amount, number });
      if (answer.status === "succeeded") say(text("till.refund.done", answer), true);
      else if (answer.status === "declined") {
        say(text("till.refund.declined", answer));
        number = newNumber();
      } else say(text("till.refund.unknown"));
    } catch (error) {
      const invalid = error instanceof Refused && error.status === 400;
      say(invalid ? text("till.refund.invalid", { left: receipt.left }) : text("till.refund.unknown"));
    } finally {
      byId("refund-do").disabled = false;
    }
  }

  byId("receipts").addEventListener("click", (event) => {
    const button = event.target.closest("[data-refund]");
    if (button) open(button);
  });
  byId("refund-form").addEventListener("submit", giveBack);
  byId("refund-close").addEventListener("click", () => dialog.close());
}
