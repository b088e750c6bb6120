// Hides what the chosen way of splitting does not need. Without this all of it is shown.

const ways = [...document.querySelectorAll('input[name="how"]')];
const own = document.querySelector('input[name="mine"]');
const own_share = document.querySelector(".split-own");
const shares = [...document.querySelectorAll('.split-row input[name^="share-"]')];
const remainder = document.getElementById("f-remainder")?.closest(".field");

function adapt() {
  const how = ways.find((one) => one.checked)?.value;
  for (const one of shares) one.closest(".field").hidden = how === "equal";
  own_share.hidden = how === "equal" || !own.checked;
  if (remainder) remainder.hidden = how === "exact";
}

for (const one of [...ways, own]) one.addEventListener("change", adapt);
adapt();
