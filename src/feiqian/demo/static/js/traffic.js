// The switch for the simulated shoppers.

import { connectionLost, postJson } from "./page.js";

export function showLevel(level) {
  for (const button of document.querySelectorAll("[data-traffic] [data-level]")) {
    button.setAttribute("aria-pressed", String(button.dataset.level === level));
  }
}

async function change(level) {
  try {
    showLevel((await postJson("/demo/traffic", { level })).level);
  } catch {
    connectionLost(() => change(level));
  }
}

export function trafficSwitch() {
  for (const button of document.querySelectorAll("[data-traffic] [data-level]")) {
    button.addEventListener("click", () => change(button.dataset.level));
  }
}
