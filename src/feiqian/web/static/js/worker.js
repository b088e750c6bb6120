// What a browser runs for the bank beside its pages: shows what is pushed, and opens the page that it is about; and where
// there is no network, shows the page that was kept for then (shell.js). It keeps nothing itself.

import { forget } from "./kept_codes.js";

const FIRST_PAGE = "/wallet";
const RENEW = "/push/renew";

/** A path of this bank's only, whatever a message says. */
function ownPath(path) {
  const { origin } = self.location;
  try {
    const url = new URL(path, origin);
    return typeof path === "string" && path.startsWith("/") && url.origin === origin ? url.pathname : FIRST_PAGE;
  } catch {
    return FIRST_PAGE;
  }
}

/** What has come, or nothing if that is not of this bank's form. */
function read(data) {
  try {
    return data?.json() ?? {};
  } catch {
    return {};
  }
}

/** Browsers allow no push without a notification, so one is shown even if the message cannot be read. */
function showPushed(data) {
  const { title = "Feiqian", body = "", tag = "feiqian", path, language = "" } = read(data);
  // Of one payment there is one notification: a later one takes the place of the earlier, and is heard again.
  const options = { body, tag, lang: language, renotify: true, data: { path: ownPath(path) } };
  return self.registration.showNotification(title, options);
}

/** A window that shows the page already, or the wallet, which loses nothing by leading on; else a new one. */
async function open(path) {
  const windows = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const at = (window) => new URL(window.url).pathname.replace(/\/$/, "");
  const there = windows.find((window) => at(window) === path || at(window).startsWith(`${path}/`));
  if (there) return there.focus();
  const wallet = windows.find((window) => at(window) === FIRST_PAGE);
  const led = await wallet?.navigate(path).catch(() => null); // not if a worker of before leads it still
  return led ? led.focus() : self.clients.openWindow(path);
}

/** The browser has changed where it is pushed to. Knowing the old address shows the bank whose it was. */
async function renew(event) {
  const old = event.oldSubscription;
  if (!old) return;
  const options = { userVisibleOnly: true, applicationServerKey: old.options.applicationServerKey };
  const fresh = event.newSubscription ?? (await self.registration.pushManager.subscribe(options));
  const body = new URLSearchParams({ old: old.endpoint, subscription: JSON.stringify(fresh) });
  await fetch(RENEW, { method: "POST", body });
}

// --- without network ---

const SHELL = "feiqian-shell";
const SHELL_PATH = "/offline";
const WITHOUT_NETWORK = /^\/(?:(?:wallet|activity|me|inbox|scan|transfers|requests|receive)(?:\/.*)?)?$/;

async function keptShell() {
  const cache = await caches.open(SHELL);
  const shell = (await cache.keys()).find((one) => new URL(one.url).pathname === SHELL_PATH);
  return shell && cache.match(shell);
}

/** A page; if the bank cannot be reached, the one that was kept. */
async function page(request) {
  try {
    return await fetch(request);
  } catch (error) {
    const shell = await keptShell();
    if (!shell) throw error;
    return shell;
  }
}

/** A file that never changes; if the bank cannot be reached, from what was kept with that page. */
async function file(request) {
  try {
    return await fetch(request);
  } catch (error) {
    const found = await (await caches.open(SHELL)).match(request);
    if (!found) throw error;
    return found;
  }
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (origin !== self.location.origin) return;
  if (request.mode === "navigate" && request.method === "GET") {
    if (WITHOUT_NETWORK.test(pathname)) event.respondWith(page(request));
  } else if (request.method === "POST") {
    if (pathname === "/sign-out") event.waitUntil(forget());
  } else if (pathname.startsWith("/static/")) {
    event.respondWith(file(request));
  }
});

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("push", (event) => event.waitUntil(showPushed(event.data)));
self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open(ownPath(event.notification.data?.path)));
});
self.addEventListener("pushsubscriptionchange", (event) => event.waitUntil(renew(event)));
