// The till's camera: five frames a second go to the server, which reads the code; nothing is kept, here or there.

import { byId, postBlob, text } from "./page.js";

const FRAME_MILLISECONDS = 200;
const WIDTH = 800;

export function camera(shop, onCode) {
  const viewer = byId("viewer");
  const video = byId("video");
  const canvas = document.createElement("canvas");
  let stream = null;
  let run = 0;

  function state(name, key = "") {
    viewer.dataset.state = name;
    byId("viewer-text").textContent = key && text(key);
    byId("camera-text").textContent = text(name === "refused" ? "till.camera.again" : "till.camera.start");
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
    state("starting", "till.camera.starting");
    try {
      if (!navigator.mediaDevices) throw new DOMException("", "NotFoundError");
      const wanted = { facingMode: "environment", width: { ideal: 1280 }, height: { ideal: 960 } };
      const opened = await navigator.mediaDevices.getUserMedia({ video: wanted });
      if (mine !== run) return opened.getTracks().forEach((track) => track.stop());
      stream = opened;
      video.srcObject = stream;
      await video.play();
    } catch (error) {
      if (mine === run) state("refused", error.name === "NotAllowedError" ? "till.camera.refused" : "till.camera.none");
      return;
    }
    state("on", "till.camera.looking");
    look(mine);
  }

  function frame() {
    canvas.width = Math.min(WIDTH, video.videoWidth);
    canvas.height = Math.round((canvas.width * video.videoHeight) / video.videoWidth);
    canvas.getContext("2d").drawImage(video, 0, 0, canvas.width, canvas.height);
    return new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.85));
  }

  async function look(mine) {
    while (mine === run) {
      const began = performance.now();
      try {
        const blob = video.videoWidth ? await frame() : null;
        const found = blob && (await postBlob(`/till/${shop}/frames`, blob));
        if (mine !== run) return;
        if (found?.code) return onCode(found.code);
      } catch {
        // A lost frame is no loss: the next one follows.
      }
      await new Promise((done) => setTimeout(done, Math.max(30, FRAME_MILLISECONDS - (performance.now() - began))));
    }
  }

  byId("camera").addEventListener("click", start);
  return { stop };
}
