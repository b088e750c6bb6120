// What becomes of requests is shown by itself: when something of the customer's has happened the page is fetched again,
// and the part of it that has changed is put in place. Whoever is filling in a form there loses nothing unless it is over.

import { live } from "./live.js";
import { byId } from "./page.js";
import { judge, marked } from "./whose.js";

const part = byId("followed");
const address = new URL(location.href);
address.searchParams.delete("said"); // of what was done before

async function look() {
  const answer = await fetch(address, { headers: marked, redirect: "error", cache: "no-store" }).catch(() => null);
  if (!answer) return; // the stream says so
  judge(answer);
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const now = page.getElementById("followed");
  if (!now || now.dataset.state === part.dataset.state) return;
  part.dataset.state = now.dataset.state;
  const moved = part.contains(document.activeElement);
  part.replaceChildren(...document.adoptNode(now).childNodes);
  if (moved) part.focus();
  byId("followed-said").textContent = now.dataset.said ?? "";
}

live("/wallet/home/events", { state: look, ended: () => location.reload() });
