// The start page: the switch, and the choice of customer and merchant kept for the next visit.

import { trafficSwitch } from "./traffic.js";

trafficSwitch();

for (const select of document.querySelectorAll("select[name]")) {
  const key = `feiqian.${select.name}`;
  const kept = localStorage.getItem(key);
  if ([...select.options].some((option) => option.value === kept)) select.value = kept;
  select.addEventListener("change", () => localStorage.setItem(key, select.value));
}
