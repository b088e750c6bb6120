// Forms work without this: it shows passwords on demand, leads to what is wrong, and lets nobody send a form twice.

import "./cells.js";
import "./typed.js";
import "./zone.js";

for (const button of document.querySelectorAll("[data-reveal]")) {
  const input = document.getElementById(button.dataset.reveal);
  button.hidden = false;
  button.addEventListener("click", () => {
    const shown = input.type === "password";
    input.type = shown ? "text" : "password";
    button.setAttribute("aria-pressed", String(shown));
    button.setAttribute("aria-label", shown ? button.dataset.hide : button.dataset.show);
  });
}

for (const link of document.querySelectorAll("#summary a")) {
  link.addEventListener("click", (event) => {
    const field = document.getElementById(link.hash.slice(1));
    if (!field) return;
    event.preventDefault();
    field.focus();
    field.scrollIntoView({ block: "center" });
  });
}

document.getElementById("summary")?.focus();

for (const form of document.querySelectorAll("form.form")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    else if (!event.defaultPrevented) form.dataset.sent = "yes";
  });
}

// Who comes back by the browser's arrow may send again.
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form.form")) delete form.dataset.sent;
});
