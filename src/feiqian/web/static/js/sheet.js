// What slides up when something has happened: it goes by itself, but for a question, which stays until it has its answer.

import { byId, show } from "./page.js";

const SECONDS = 7;
const sheet = byId("sheet");
let closing = 0;

export function closeSheet() {
  clearTimeout(closing);
  sheet.replaceChildren();
  byId("veil").hidden = true;
}

export function openSheet(html) {
  clearTimeout(closing);
  show(sheet, html);
  byId("veil").hidden = false;
  sheet.querySelector("[data-close]").addEventListener("click", closeSheet);
  if (!sheet.querySelector("a")) closing = setTimeout(closeSheet, SECONDS * 1000);
}

/** A question that no longer waits for an answer (cancelled, too late, answered elsewhere) is not asked any more. */
export function takeBack(waiting) {
  const question = sheet.querySelector("a");
  if (question && !waiting.querySelector(`a[href="${question.getAttribute("href")}"]`)) closeSheet();
}

byId("veil").addEventListener("click", closeSheet);
addEventListener("keydown", (event) => event.key === "Escape" && closeSheet());
