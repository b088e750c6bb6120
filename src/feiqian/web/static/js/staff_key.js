// Passkeys and security keys at the staff's door. Without scripts there are a password and a one-time-code token.

import { text } from "./page.js";
import { judge, marked } from "./whose.js";

const form = document.getElementById("key-form");

const bytes = (base64url) => {
  const base64 = base64url.replace(/-/g, "+").replace(/_/g, "/");
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
};

const base64url = (buffer) => {
  const binary = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(binary).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
};

const described = (list) => (list ?? []).map((one) => ({ ...one, id: bytes(one.id) }));

function readable(options) {
  const read = { ...options, challenge: bytes(options.challenge) };
  if (options.user) read.user = { ...options.user, id: bytes(options.user.id) };
  if (options.allowCredentials) read.allowCredentials = described(options.allowCredentials);
  if (options.excludeCredentials) read.excludeCredentials = described(options.excludeCredentials);
  return read;
}

const PARTS = ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"];

function asJson(credential) {
  const { id, type, response } = credential;
  const parts = PARTS.filter((name) => response[name]).map((name) => [name, base64url(response[name])]);
  const told = Object.fromEntries(parts);
  if (response.getTransports) told.transports = response.getTransports();
  return { id, rawId: base64url(credential.rawId), type, response: told, clientExtensionResults: {} };
}

async function options(factor) {
  const fields = new URLSearchParams(new FormData(form));
  fields.set("factor", factor);
  const answer = await fetch(form.dataset.options, { method: "POST", headers: marked, body: fields, cache: "no-store" });
  judge(answer);
  const told = await answer.json();
  if (!answer.ok) throw new Error(told.problem);
  return told;
}

async function use(factor) {
  const problem = form.querySelector("[data-problem]");
  problem.textContent = "";
  let told;
  try {
    told = await options(factor);
  } catch {
    problem.textContent = text("staff.key.unreachable");
    return;
  }
  try {
    const publicKey = readable(told.options);
    const credential = await navigator.credentials[form.dataset.ceremony]({ publicKey });
    form.elements.challenge.value = told.challenge;
    form.elements.answer.value = JSON.stringify(asJson(credential));
    form.submit();
  } catch {
    problem.textContent = text("staff.key.not_used");
  }
}

if (form && window.PublicKeyCredential) {
  form.hidden = false;
  for (const button of form.querySelectorAll("[data-factor]")) {
    button.addEventListener("click", () => use(button.dataset.factor));
  }
}
