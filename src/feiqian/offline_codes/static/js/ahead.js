// Codes for when there is no network: fetched ahead each minute, shown by the bank's time, each at most until the phone is
// back. What was shown without network may have been paid with, and is not shown again afterwards.

import { pictures } from "./code_pictures.js";
import { forget, keep, keepAgain, kept } from "./kept_codes.js";
import { byId, postForm, Refused } from "./page.js";
import { mark } from "./whose.js";

const FETCH = "/wallet/codes-ahead";
const EVERY_MILLISECONDS = 60_000;
const SET_BACK_MILLISECONDS = 5_000; // a clock that is so much earlier than when the codes came was set back
const NONE = -1;

/** `whose`: the customer's part of the page's mark; a page of nobody's (the one without network) shows what there is. */
export const whose = mark.split(".")[0];

export class CodesAhead {
  #codes = null; // { codes, begins, lasts, bank, at, shown, over }
  #came = null; // by this page's own clock, of those that it fetched itself
  #next = 0;
  #asking = false;

  /** Takes up what is kept. */
  async load() {
    this.#codes ??= await kept(whose || undefined);
    return this;
  }

  /** When the last of them ends, by this phone's clock. */
  get ends() {
    const { codes, begins, lasts, bank, at } = this.#codes;
    return begins + codes.length * lasts - bank + at;
  }

  /** Fetches them anew, at most each minute; `at once`: the bank has other keys, or the phone is back. */
  async fetch(atOnce = false) {
    if (this.#asking || (!atOnce && performance.now() < this.#next)) return;
    this.#asking = true;
    const asked = performance.now();
    try {
      const answer = await postForm(FETCH, new URLSearchParams());
      this.#next = performance.now() + EVERY_MILLISECONDS;
      if (!answer.codes.length) return await this.forget();
      this.#took(answer, asked);
      await keep(whose, this.#codes);
      byId("main").dataset.codesKept = String(answer.codes.length);
    } catch (error) {
      if (error instanceof Refused && error.status < 500) await this.forget();
      this.#next = performance.now() + EVERY_MILLISECONDS / 4;
    } finally {
      this.#asking = false;
    }
  }

  #took(answer, asked) {
    this.#came = (asked + performance.now()) / 2;
    this.#codes = { ...answer, bank: answer.now, at: Date.now(), shown: NONE, over: NONE };
  }

  async forget() {
    this.#codes = null;
    await forget();
  }

  /** Whether these were made with the same key as a code that the bank shows now. */
  isOfKeyOf(digits) {
    return !this.#codes?.codes.some((code) => code && code[2] !== digits[2]);
  }

  /** The phone is back: what was shown without network is not shown again. */
  async back() {
    if (!this.#codes || this.#codes.over === this.#codes.shown) return;
    this.#codes.over = this.#codes.shown;
    await keepAgain(this.#codes);
  }

  /** The bank's time, however wrong this phone's clock is; null if that was set back meanwhile. */
  #now() {
    const { bank, at } = this.#codes;
    const byClock = Date.now() - at;
    const byPage = this.#came === null ? NONE : performance.now() - this.#came; // stands still while a phone sleeps
    if (byPage < 0 && byClock < -SET_BACK_MILLISECONDS) return null;
    return bank + Math.max(byClock, byPage, 0);
  }

  /** The code of now, or of the next slot if this one's may be used, with its pictures. `why` there is none: "none" were
      kept, they are "over", the "clock" was set back, or the next is a moment off ("soon"). */
  current() {
    if (!this.#codes) return { why: "none" };
    const now = this.#now();
    if (now === null) return { why: "clock" };
    const { codes, begins, lasts, over } = this.#codes;
    const slot = Math.floor((now - begins) / lasts);
    if (slot >= codes.length) return { why: "over" };
    const shown = [slot, slot + 1].find((one) => one > over && codes[one]);
    const ends = begins + ((shown ?? slot) + 1) * lasts;
    const seconds = Math.max(0.25, (ends - now) / 1000);
    if (shown === undefined) return { why: "soon", seconds };
    return { digits: codes[shown], seconds, slot: shown };
  }

  /** Remembers that this slot's code was shown without network. */
  async note(slot) {
    if (!this.#codes || slot <= this.#codes.shown) return;
    this.#codes.shown = slot;
    await keepAgain(this.#codes);
  }
}

/** As the page shows a code. */
export const drawn = ({ digits, seconds }) => ({ digits, seconds, used: false, ...pictures(digits) });
