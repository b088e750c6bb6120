// The code over the whole screen, which stays lit as far as the browser can see to that.

import { byId } from "./page.js";

export function fullScreen() {
  const dialog = byId("full");
  const opens = byId("full-open");
  let lit = null;

  async function open() {
    dialog.showModal();
    lit = await navigator.wakeLock?.request("screen").catch(() => null);
    if (!dialog.open) close();
  }

  function close() {
    lit?.release().catch(() => {});
    lit = null;
    dialog.close();
  }

  opens.disabled = false;
  opens.addEventListener("click", open);
  dialog.addEventListener("click", close);
  dialog.addEventListener("close", close);
  return { close };
}
