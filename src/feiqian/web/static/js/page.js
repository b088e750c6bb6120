// What every page's script uses: texts, fragments from the server, requests with a time limit, the connection banner.

import "./zone.js";
import { judge, marked } from "./whose.js";

const texts = JSON.parse(document.getElementById("texts")?.textContent ?? "{}");

const MANY = 4;

export const byId = (id) => document.getElementById(id);

/** A text of the catalogue with its values filled in. Throws for a text that the page was not given. */
export function text(key, values = {}) {
  const found = texts[key];
  if (found === undefined) throw new Error(`no text: ${key}`);
  return found.replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
}

/** Replaces an element's content by a fragment that the server rendered (and escaped). */
export function show(element, html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  element.replaceChildren(template.content);
}

/** Like `show`, for lists: rows that were not there before are marked, so that they may glow once; a flood does not. */
export function showRows(element, html) {
  const rows = () => [...element.querySelectorAll("[data-payment], [data-movement]")];
  const id = ({ dataset }) => dataset.payment ?? dataset.movement;
  const before = new Set(rows().map(id));
  show(element, html);
  const fresh = rows().filter((row) => !before.has(id(row)));
  if (before.size && fresh.length < MANY) fresh.forEach((row) => row.classList.add("fresh-row"));
}

/** The server answered, but not with 2xx. */
export class Refused extends Error {
  constructor(status) {
    super(`HTTP ${status}`);
    this.status = status;
  }
}

async function request(url, options, milliseconds) {
  const headers = { ...options.headers, ...marked };
  const answer = await fetch(url, { ...options, headers, signal: AbortSignal.timeout(milliseconds), cache: "no-store" });
  judge(answer);
  if (!answer.ok) throw new Refused(answer.status);
  return answer.json();
}

export const getJson = (url, milliseconds = 8000) => request(url, {}, milliseconds);

export function postJson(url, data, milliseconds = 8000) {
  const headers = { "Content-Type": "application/json" };
  return request(url, { method: "POST", headers, body: JSON.stringify(data) }, milliseconds);
}

export const postForm = (url, fields, milliseconds = 8000) =>
  request(url, { method: "POST", body: fields }, milliseconds);

export const postBlob = (url, blob, milliseconds = 4000) =>
  request(url, { method: "POST", headers: { "Content-Type": blob.type }, body: blob }, milliseconds);

const banner = byId("banner");
const retries = new Set();
let timer = 0;

/** Says that the bank cannot be reached; `retry` is what "Try now" does. */
export function connectionLost(retry) {
  retries.add(retry);
  clearTimeout(timer);
  delete banner.dataset.saying;
  banner.classList.remove("good");
  byId("banner-text").textContent = text("link.lost");
  banner.hidden = false;
  document.body.classList.add("off-line");
}

export function connectionBack() {
  retries.clear();
  document.body.classList.remove("off-line");
  if (banner.hidden || banner.dataset.saying) return;
  banner.classList.add("good");
  byId("banner-text").textContent = text("link.back");
  timer = setTimeout(() => (banner.hidden = true), 1800);
}

byId("banner-retry").addEventListener("click", () => [...retries].forEach((retry) => retry()));
