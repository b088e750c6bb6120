// A challenge: the time that is left, when a code may be sent again, and keys that sign. Forms work without this.

import { byId, postJson, text } from "./page.js";
import { problemOf, sign, supported } from "./passkey.js";

const LAST_SECONDS = 60; // from here on the time that is left is told to those who do not see it, too
const SLOW = 30_000; // milliseconds in which the options of a key have to come

function countDown(element) {
  const until = performance.now() + Number(element.dataset.seconds) * 1000;
  const timer = setInterval(tick, 1000);

  function tick() {
    const left = Math.max(0, Math.ceil((until - performance.now()) / 1000));
    const time = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
    element.textContent = text("customer.challenge.script.left", { time });
    element.parentElement.classList.toggle("late", left <= LAST_SECONDS);
    if (left === LAST_SECONDS) element.setAttribute("role", "status");
    if (left > 0) return;
    clearInterval(timer);
    element.textContent = text("customer.challenge.script.over");
    location.replace(location.pathname); // the server says how to begin again
  }

  tick();
}

function waitBefore(button) {
  const label = button.querySelector("span");
  const until = performance.now() + Number(button.dataset.wait) * 1000;
  button.disabled = true;
  const timer = setInterval(tick, 500);

  function tick() {
    const seconds = Math.max(0, Math.ceil((until - performance.now()) / 1000));
    button.disabled = seconds > 0;
    label.textContent = seconds
      ? text("customer.challenge.script.again", { seconds })
      : text("customer.challenge.script.send");
    if (!seconds) clearInterval(timer);
  }

  tick();
}

async function useKey(button) {
  const problem = byId("key-problem");
  problem.textContent = "";
  button.disabled = true;
  try {
    const options = await postJson(`${button.dataset.place}/options`, { factor: button.dataset.key }, SLOW);
    byId("f-answer").value = await sign(options);
    byId("answering").requestSubmit();
  } catch (error) {
    problem.textContent = text(problemOf(error));
    button.disabled = false;
  }
}

const left = byId("left");
if (left) countDown(left);
const resend = byId("resend");
if (resend?.dataset.wait) waitBefore(resend);
const key = document.querySelector("[data-key]");
if (key && supported()) {
  key.addEventListener("click", () => useKey(key));
  key.disabled = false; // until now a press would have done nothing
} else if (key) byId("key-problem").textContent = text("customer.key.script.none");
