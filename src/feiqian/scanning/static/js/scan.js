// The page of scanning: codes are read by the browser where it can (BarcodeDetector), else by the server. What was read
// is never followed: the bank says which page of its own it leads to.

import { camera, jpeg } from "./camera.js";
import { byId, postBlob, postJson, text } from "./page.js";

const LONGEST = 400; // characters that are sent: what is longer is refused anyway
const PICTURE = 1600; // pixels of a picture's longer side
const PICTURE_MILLISECONDS = 20_000;
const CAMERA = {
  start: "scan.script.camera.start",
  starting: "scan.script.camera.starting",
  looking: "scan.script.camera.looking",
  again: "scan.script.camera.again",
  refused: "scan.script.camera.refused",
  none: "scan.script.camera.none",
};
const said = byId("said");

function say(words) {
  said.hidden = !words;
  byId("said-text").textContent = words;
}

/** Made once; null where the browser reads no QR codes. */
const detector = (async () => {
  const formats = (await globalThis.BarcodeDetector?.getSupportedFormats().catch(() => [])) ?? [];
  const wanted = ["qr_code", "code_128"].filter((format) => formats.includes(format));
  return wanted.includes("qr_code") ? new BarcodeDetector({ formats: wanted }) : null;
})();

/** What the bank says of the codes in what is drawn: a path, a refusal, or neither. */
async function read(drawn, width, height, longest, milliseconds) {
  const reads = await detector;
  if (!reads) return postBlob("/scan/frames", await jpeg(drawn, width, height, longest), milliseconds);
  let refused = {};
  for (const { rawValue } of await reads.detect(drawn)) {
    const answer = await postJson("/scan/read", { text: rawValue.slice(0, LONGEST) });
    if (answer.path) return answer;
    refused = answer;
  }
  return refused;
}

let last = ""; // what was refused in view is said once

const eye = camera(
  CAMERA,
  async (video) => {
    const answer = await read(video, video.videoWidth, video.videoHeight);
    if (answer.refused && answer.refused !== last) say(answer.why);
    last = answer.refused ?? last;
    return answer.path ? answer : null;
  },
  (found) => location.assign(found.path),
);

const picture = byId("f-picture");

async function chosen() {
  const [file] = picture.files;
  if (!file) return;
  eye.stop();
  say("");
  try {
    const drawn = await createImageBitmap(file);
    const answer = await read(drawn, drawn.width, drawn.height, PICTURE, PICTURE_MILLISECONDS);
    if (answer.path) return location.assign(answer.path);
    say(answer.why ?? text("scan.script.no_code"));
  } catch {
    say(text("scan.script.unread"));
  }
  picture.value = "";
}

picture.addEventListener("change", chosen);
byId("gallery").classList.add("picked");
byId("viewer").hidden = false;
addEventListener("pagehide", eye.stop);
document.addEventListener("visibilitychange", () => document.hidden && eye.stop());
navigator.permissions?.query({ name: "camera" }).then((allowed) => allowed.state === "granted" && eye.start(), () => {});
