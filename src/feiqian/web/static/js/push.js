// The switch by which this phone is told of what waits, while no page of the bank is open. The browser's permission is
// asked for after the tap only. The bank knows for which device it is on; the browser has the address to push to.

import { byId, postForm } from "./page.js";
import { registerWorker } from "./shell.js";

const MILLISECONDS = 20_000; // the browser's push service may be slow to answer
const part = byId("push");
const button = byId("push-switch");
const key = part.dataset.key;
let mark = part.dataset.mark; // of the address that the bank knows for this device
let busy = false;
const WITHOUT_SWITCH = ["blocked", "unsupported", "home-screen"];

const supported = "serviceWorker" in navigator && "PushManager" in window && "Notification" in window && isSecureContext;
// Apple's phones and tablets push to a page only once it is on their home screen. A tablet says that it is a Mac.
const { userAgent, maxTouchPoints, standalone } = navigator;
const apple = /iPhone|iPad|iPod/.test(userAgent) || (userAgent.includes("Macintosh") && maxTouchPoints > 1);

function show(state) {
  part.dataset.state = state;
  for (const text of part.querySelectorAll("[data-when]")) text.hidden = text.dataset.when !== state;
  button.hidden = WITHOUT_SWITCH.includes(state);
  button.setAttribute("aria-checked", String(mark !== ""));
}

const base64url = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

const markOf = async (endpoint) => base64url(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(endpoint)));

/** The bank's key may be another one since: messages signed by it are refused at an address of before. */
const ofOurKey = (subscription) => base64url(subscription.options.applicationServerKey) === key;

async function subscribed() {
  const registration = await navigator.serviceWorker.getRegistration("/");
  return (await registration?.pushManager.getSubscription()) ?? null;
}

async function subscribe() {
  await registerWorker();
  const { pushManager } = await navigator.serviceWorker.ready;
  let subscription = await pushManager.getSubscription();
  if (subscription && !ofOurKey(subscription)) {
    await subscription.unsubscribe();
    subscription = null;
  }
  subscription ??= await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
  await postForm("/push/on", new URLSearchParams({ subscription: JSON.stringify(subscription) }), MILLISECONDS);
  mark = await markOf(subscription.endpoint);
}

async function switchOn() {
  const permission = await Notification.requestPermission();
  if (permission === "granted") await subscribe();
}

/** The bank first: whatever the browser then does, nothing is pushed any more. */
async function switchOff() {
  await postForm("/push/off", new URLSearchParams(), MILLISECONDS);
  mark = "";
  await (await subscribed())?.unsubscribe();
}

/** What the bank has for this device has to be what the browser has: keys and addresses change. */
async function agree() {
  if (!mark || Notification.permission !== "granted") return;
  const subscription = await subscribed();
  if (!subscription || !ofOurKey(subscription) || (await markOf(subscription.endpoint)) !== mark) await subscribe();
}

/** Does one thing at a time, then shows how things are. */
async function after(work) {
  if (busy) return;
  busy = true;
  try {
    await work();
    if (Notification.permission === "denied") show("blocked");
    else show(mark && Notification.permission === "granted" ? "on" : "off");
  } catch {
    show(Notification.permission === "denied" ? "blocked" : "failed");
  } finally {
    busy = false;
  }
}

button.addEventListener("click", () => {
  const on = part.dataset.state === "on" || (part.dataset.state === "failed" && mark !== "");
  if (!busy) show("asking");
  after(on ? switchOff : switchOn);
});

if (supported) {
  after(agree);
  navigator.permissions?.query({ name: "notifications" }).then((allowed) => allowed.addEventListener("change", () => after(agree)), () => {});
} else {
  show(apple && !standalone && isSecureContext ? "home-screen" : "unsupported");
}
