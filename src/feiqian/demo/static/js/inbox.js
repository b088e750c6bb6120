// The inbox looks again every few seconds while it is seen.

import { byId, connectionBack, connectionLost, getJson, showRows } from "./page.js";

const EVERY_MILLISECONDS = 2000;
const letters = byId("letters");
const whose = byId("whose");

async function look() {
  if (document.hidden) return;
  try {
    const shown = letters.dataset.whose;
    const answer = await getJson(`/messages/letters?whose=${encodeURIComponent(shown)}`);
    if (answer.letters !== look.last) showRows(letters, answer.letters);
    look.last = answer.letters;
    connectionBack();
  } catch {
    connectionLost(look);
  }
}

whose.addEventListener("change", () => whose.form.requestSubmit());
setInterval(look, EVERY_MILLISECONDS);
