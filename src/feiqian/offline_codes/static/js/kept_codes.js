// Codes of the coming minutes as this browser keeps them: in one row, sealed with a key that no script can read out, and
// made anew with each writing. Beside it a flag that can be taken away at once. Imports nothing: the worker has it, too.

const BASE = "feiqian-codes";
const STORE = "kept";
const ROW = 1;
const FLAG = "feiqian.codes"; // whose they are: the customer's part of a page's mark (whose.js looks at it)

const flags = globalThis.localStorage; // a worker has none

function open() {
  return new Promise((done, fail) => {
    const asked = indexedDB.open(BASE, 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore(STORE);
    asked.onsuccess = () => done(asked.result);
    asked.onerror = () => fail(asked.error);
  });
}

/** One transaction; no connection stays open, so that the whole can be deleted at any time. */
async function within(mode, work) {
  const base = await open();
  try {
    const transaction = base.transaction(STORE, mode);
    const asked = work(transaction.objectStore(STORE));
    await new Promise((done, fail) => {
      transaction.oncomplete = done;
      transaction.onabort = () => fail(transaction.error);
    });
    return asked.result;
  } finally {
    base.close();
  }
}

/** Keeps what `whose` customer's phone was given, in place of what was there. */
export async function keep(whose, codes) {
  const key = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, new TextEncoder().encode(JSON.stringify(codes)));
  await within("readwrite", (store) => store.put({ key, iv, sealed }, ROW));
  flags.setItem(FLAG, whose);
}

/** As `keep`, what has changed of it since; nothing if it was forgotten meanwhile. */
export async function keepAgain(codes) {
  const whose = flags.getItem(FLAG);
  if (whose) await keep(whose, codes);
}

/** What is kept; `whose`: only if it is this customer's. Null for nothing, or nothing that can be read. */
export async function kept(whose = flags.getItem(FLAG)) {
  if (!whose || flags.getItem(FLAG) !== whose) return null;
  try {
    const { key, iv, sealed } = await within("readonly", (store) => store.get(ROW));
    const opened = await crypto.subtle.decrypt({ name: "AES-GCM", iv }, key, sealed);
    return JSON.parse(new TextDecoder().decode(opened));
  } catch {
    return null;
  }
}

/** Nothing is kept any more; again, nothing happens. */
export async function forget() {
  flags?.removeItem(FLAG);
  await within("readwrite", (store) => store.clear()).catch(() => {});
}
