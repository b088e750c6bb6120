// A form that a passkey or security key answers alone: signing in, and staff who enrol. Without scripts it stays hidden.

import { byId, postForm, text } from "./page.js";
import { create, problemOf, sign, supported } from "./passkey.js";

const form = byId("key-form");
const problem = byId("key-problem");
const use = { get: sign, create }[form.dataset.ceremony];

async function answer(button) {
  problem.textContent = "";
  button.disabled = true;
  try {
    const fields = new URLSearchParams(new FormData(form));
    fields.set("factor", button.dataset.factor);
    const { challenge, options } = await postForm(form.dataset.options, fields);
    form.elements.answer.value = await use(options);
    form.elements.challenge.value = challenge;
    form.requestSubmit();
  } catch (error) {
    problem.textContent = text(problemOf(error));
    button.disabled = false;
  }
}

if (supported()) {
  form.hidden = false;
  for (const button of form.querySelectorAll("[data-factor]")) {
    button.hidden = false;
    button.addEventListener("click", () => answer(button));
  }
}
