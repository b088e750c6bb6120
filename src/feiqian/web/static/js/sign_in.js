// Signing in with a passkey alone: no number, no password.

import { byId, postJson, text } from "./page.js";
import { problemOf, sign, supported } from "./passkey.js";

const button = byId("passkey");
const form = byId("passkey-form");

async function signIn() {
  byId("key-problem").textContent = "";
  button.disabled = true;
  try {
    const { challenge, options } = await postJson("/sign-in/passkey/options", {});
    form.elements.answer.value = await sign(options);
    form.elements.challenge.value = challenge;
    form.requestSubmit();
  } catch (error) {
    byId("key-problem").textContent = text(problemOf(error));
    button.disabled = false;
  }
}

if (supported()) {
  button.hidden = false;
  button.addEventListener("click", signIn);
}
