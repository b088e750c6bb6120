// The bank, live: one message a second; the curve is drawn here.

import { live } from "./live.js";
import { byId, show, showRows } from "./page.js";
import { showLevel, trafficSwitch } from "./traffic.js";

const POINTS = 120;
const HEIGHT = 40;
const rates = [];

/** Each second as the mean of its neighbourhood: a curve that one can read. */
function smooth(values) {
  return values.map((_, i) => {
    const near = values.slice(Math.max(0, i - 3), i + 1);
    return near.reduce((sum, value) => sum + value, 0) / near.length;
  });
}

function draw() {
  const most = Math.max(4, ...rates) * 1.15;
  const step = 120 / (POINTS - 1);
  const from = POINTS - rates.length;
  const points = rates.map((rate, i) => `${((from + i) * step).toFixed(2)} ${(HEIGHT - (rate / most) * HEIGHT).toFixed(2)}`);
  if (!points.length) return;
  const line = `M${points.join("L")}`;
  byId("chart-line").setAttribute("d", line);
  byId("chart-area").setAttribute("d", `${line}L120 ${HEIGHT}L${(from * step).toFixed(2)} ${HEIGHT}z`);
}

trafficSwitch();

live("/bank/events", {
  state(state) {
    byId("rate").textContent = state.rate;
    show(byId("pulse"), state.pulse);
    if (state.newest) showRows(byId("newest"), state.newest);
    rates.splice(0, rates.length, ...smooth(state.rates).slice(-POINTS));
    draw();
    showLevel(state.level);
  },
});
