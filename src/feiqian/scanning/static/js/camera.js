// The camera: five times a second `look` is asked what is in view, until it finds something; nothing is kept.

import { byId, text } from "./page.js";

const EVERY_MILLISECONDS = 200;
const WIDTH = 800;

/** What is drawn (a video, a picture) as a JPEG that is no wider and no higher than so many pixels. */
export function jpeg(drawn, width, height, longest = WIDTH) {
  const canvas = document.createElement("canvas");
  const scale = Math.min(1, longest / Math.max(width, height));
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  canvas.getContext("2d").drawImage(drawn, 0, 0, canvas.width, canvas.height);
  return new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.85));
}

/** `look` is given the video and finds something or nothing; `found` gets what it found. `words` are keys of texts. */
export function camera(words, look, found) {
  const viewer = byId("viewer");
  const video = byId("video");
  let stream = null;
  let run = 0;

  function state(name, said) {
    viewer.dataset.state = name;
    byId("viewer-text").textContent = said ? text(said) : "";
    byId("camera-text").textContent = text(name === "refused" ? words.again : words.start);
  }

  function stop() {
    run += 1;
    stream?.getTracks().forEach((track) => track.stop());
    stream = null;
    video.srcObject = null;
    state("off");
  }

  async function start() {
    stop();
    const mine = run;
    state("starting", words.starting);
    try {
      if (!navigator.mediaDevices) throw new DOMException("", "NotFoundError");
      const wanted = { facingMode: "environment", width: { ideal: 1280 }, height: { ideal: 960 } };
      const opened = await navigator.mediaDevices.getUserMedia({ video: wanted });
      if (mine !== run) return opened.getTracks().forEach((track) => track.stop());
      stream = opened;
      video.srcObject = stream;
      await video.play();
    } catch (error) {
      if (mine === run) state("refused", error.name === "NotAllowedError" ? words.refused : words.none);
      return;
    }
    state("on", words.looking);
    keepLooking(mine);
  }

  async function keepLooking(mine) {
    while (mine === run) {
      const began = performance.now();
      try {
        const seen = video.videoWidth ? await look(video) : null;
        if (mine !== run) return;
        if (seen) return found(seen);
      } catch {
        // A lost frame is no loss: the next one follows.
      }
      await new Promise((done) => setTimeout(done, Math.max(30, EVERY_MILLISECONDS - (performance.now() - began))));
    }
  }

  byId("camera").addEventListener("click", start);
  return { start, stop };
}
