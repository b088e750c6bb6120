// How hard a new password is to guess, by the server's own rules, while it is typed.

import { byId, postJson, text } from "./page.js";

const PAUSE = 350; // milliseconds without typing before the server is asked
const AGAIN = 2000; // after no answer, or while the server judges for others
const TIMES = 30;
const hint = byId("strength");

function watch(input) {
  const own = hint.dataset.own.split(" ").filter(Boolean).map(byId);
  const least = Number(hint.dataset.least);
  let timer = 0;
  let newest = 0;

  function say(state, words) {
    hint.hidden = state === "";
    hint.dataset.state = state;
    hint.lastElementChild.textContent = words;
  }

  async function ask(times = TIMES) {
    const question = ++newest;
    const values = own.map((element) => element.value).filter(Boolean);
    const answer = await postJson("/password-strength", { password: input.value, own: values }).catch(() => null);
    if (question !== newest) return;
    if (!answer || answer.strong === null) {
      say("", "");
      if (times > 1) timer = setTimeout(ask, AGAIN, times - 1);
    } else say(answer.strong ? "strong" : "weak", answer.text);
  }

  function typed() {
    clearTimeout(timer);
    newest += 1;
    const missing = least - input.value.length;
    if (!input.value) say("", "");
    else if (missing > 0) say("weak", text("customer.strength.script.short", { left: missing }));
    else timer = setTimeout(ask, PAUSE, TIMES);
  }

  input.addEventListener("input", typed);
  typed(); // what was typed before this script was there
}

if (hint) watch(byId(hint.dataset.field));
