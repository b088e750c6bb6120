// Adding a passkey or shield.

import { byId, text } from "./page.js";
import { create, problemOf, supported } from "./passkey.js";

const button = byId("create");
const form = byId("enrolling");
const problem = byId("key-problem");

async function add() {
  problem.textContent = "";
  button.disabled = true;
  try {
    form.elements.answer.value = await create(JSON.parse(button.dataset.options));
    form.requestSubmit();
  } catch (error) {
    problem.textContent = text(problemOf(error));
    button.disabled = false;
  }
}

// Enter in the name's field would send the form without a key.
form.addEventListener("submit", (event) => {
  if (form.elements.answer.value) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  add();
}, { capture: true });

if (supported()) {
  button.addEventListener("click", add);
  button.disabled = false; // until now a press would have done nothing
} else problem.textContent = text("customer.key.script.none");
