// Shows the pictures that were chosen, and says at once when one is too large to be sent.

import { byId, text } from "./page.js";

const MEGABYTE = 1024 * 1024;

function preview(box) {
  const input = byId(box.dataset.preview);
  const most = Number(box.dataset.megabytes);

  function show() {
    const [file] = input.files;
    for (const old of box.querySelectorAll("img")) URL.revokeObjectURL(old.src);
    box.replaceChildren();
    box.hidden = !file;
    input.setCustomValidity("");
    if (!file) return;
    if (file.size > most * MEGABYTE) {
      const problem = document.createElement("p");
      problem.className = "problem";
      problem.role = "alert";
      problem.textContent = text("customer.images.script.large", { megabytes: most });
      input.value = "";
      box.append(problem);
      return;
    }
    const image = document.createElement("img");
    image.src = URL.createObjectURL(file);
    image.alt = text("customer.images.script.preview");
    box.append(image);
  }

  input.addEventListener("change", show);
  if (input.files.length) show(); // chosen before this script was there, or kept by the browser on the way back
}

document.querySelectorAll("[data-preview]").forEach(preview);
