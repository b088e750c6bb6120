// A picture in its frame: larger, smaller and turned, by buttons or keys (+, -, 0, r), and moved with the pointer.
// Without this the picture is a link to itself.

const LARGEST = 6;
const STEP = 1.5;

class Viewer {
  constructor(figure) {
    this.figure = figure;
    this.frame = figure.querySelector(".viewer-frame");
    this.image = figure.querySelector("img");
    this.stage = figure.querySelector(".viewer-frame > a");
    this.whole();
    figure.querySelector(".viewer-tools").hidden = false;
    this.frame.tabIndex = 0;
    this.frame.setAttribute("role", "group");
    this.frame.setAttribute("aria-label", this.image.alt);
    this.stage.tabIndex = -1;
    this.listen();
  }

  listen() {
    const { figure, frame, stage } = this;
    figure.querySelector('[data-zoom="in"]').addEventListener("click", () => this.zoom(STEP));
    figure.querySelector('[data-zoom="out"]').addEventListener("click", () => this.zoom(1 / STEP));
    figure.querySelector("[data-turn]").addEventListener("click", () => this.turn());
    figure.querySelector("[data-whole]").addEventListener("click", () => this.whole());
    frame.addEventListener("keydown", (event) => this.key(event));
    stage.addEventListener("click", (event) => {
      event.preventDefault();
      if (!this.moved) this.zoom(this.scale < STEP ? STEP * STEP : 1 / this.scale, event);
    });
    stage.addEventListener("dragstart", (event) => event.preventDefault());
    frame.addEventListener("pointerdown", (event) => this.grab(event));
    this.image.addEventListener("load", () => this.draw());
    new ResizeObserver(() => this.draw()).observe(frame);
  }

  key(event) {
    const act = { "+": () => this.zoom(STEP), "=": () => this.zoom(STEP), "-": () => this.zoom(1 / STEP), 0: () => this.whole(), r: () => this.turn() };
    if (event.ctrlKey || event.metaKey || event.altKey || !act[event.key]) return;
    event.preventDefault();
    act[event.key]();
  }

  zoom(by, at = null) {
    const { frame } = this;
    const before = this.scale;
    this.scale = Math.min(LARGEST, Math.max(1, before * by));
    const box = frame.getBoundingClientRect();
    const x = at ? at.clientX - box.left : box.width / 2;
    const y = at ? at.clientY - box.top : box.height / 2;
    const grown = this.scale / before;
    const [left, top] = [(frame.scrollLeft + x) * grown - x, (frame.scrollTop + y) * grown - y];
    this.draw();
    frame.scrollTo(left, top);
  }

  turn() {
    this.angle = (this.angle + 90) % 360;
    this.draw();
  }

  whole() {
    this.scale = 1;
    this.angle = 0;
    this.draw();
  }

  // The stage has the size of the turned picture, so that the frame scrolls over all of it.
  draw() {
    const { image, stage, frame } = this;
    if (!image.naturalWidth) return;
    const ratio = image.naturalHeight / image.naturalWidth;
    const lying = this.angle % 180 === 0;
    const width = frame.clientWidth * this.scale;
    stage.style.width = `${width}px`;
    stage.style.height = `${lying ? width * ratio : width / ratio}px`;
    image.style.width = `${lying ? width : width / ratio}px`;
    image.style.transform = `translate(-50%, -50%) rotate(${this.angle}deg)`;
    this.figure.classList.add("viewer-on");
    this.figure.querySelector(".viewer-scale").textContent = `${Math.round(this.scale * 100)} %`;
  }

  grab(event) {
    const { frame } = this;
    this.moved = false;
    if (event.pointerType !== "mouse" || event.button !== 0) return;
    const [x, y, left, top] = [event.clientX, event.clientY, frame.scrollLeft, frame.scrollTop];
    const move = (to) => {
      if (Math.hypot(to.clientX - x, to.clientY - y) > 4) this.moved = true;
      frame.scrollTo(left - to.clientX + x, top - to.clientY + y);
    };
    addEventListener("pointermove", move);
    addEventListener("pointerup", () => removeEventListener("pointermove", move), { once: true });
  }
}

for (const figure of document.querySelectorAll("[data-viewer]")) new Viewer(figure);
