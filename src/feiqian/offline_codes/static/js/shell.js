// Has the worker there, and the page that it shows without network, with that page's files: nothing personal is among them.

import { byId } from "./page.js";

export const WORKER = "/service-worker.js";
const CACHE = "feiqian-shell"; // known to the worker, too

export const registerWorker = () => navigator.serviceWorker.register(WORKER, { scope: "/", updateViaCache: "none" });

/** Fetched as nobody, so that it is nobody's; again only in another language, or of another version. */
async function fetchShell(address) {
  const cache = await caches.open(CACHE);
  if (await cache.match(address)) return;
  const answer = await fetch(address, { credentials: "omit", headers: { "Accept-Language": document.documentElement.lang } });
  if (!answer.ok) return;
  const files = [...(await answer.clone().text()).matchAll(/(?:href|src)="(\/static\/[^"]+)"/g)].map(([, path]) => path);
  await cache.addAll(files);
  await cache.put(address, answer);
  const wanted = new Set([address, ...files].map((path) => new URL(path, location.href).href));
  await Promise.all((await cache.keys()).map((one) => wanted.has(one.url) || cache.delete(one)));
}

export async function keepShell() {
  if (!isSecureContext || !("serviceWorker" in navigator) || !("caches" in globalThis)) return;
  try {
    await registerWorker();
    await fetchShell(byId("main").dataset.shell);
    byId("main").dataset.shellKept = "yes";
  } catch {
    // without it there is no page where there is no network
  }
}
