// Codes and PINs of six digits: whatever is pasted becomes its digits, the cells show how far one is, and a PIN can be
// tapped on the page's own pad, whose sixth digit sends the form. Without scripts the field takes everything as it is.

const DIGITS = 6;

/** The six digits of what was typed or pasted; of less, what there is. */
function digitsOf(typed) {
  const plain = typed.normalize("NFKC");
  const whole = plain.replace(/[\s\p{Pd}]/gu, "").match(/(?<!\d)\d{6}(?!\d)/);
  return whole ? whole[0] : plain.replace(/\D/g, "").slice(0, DIGITS);
}

function cells(box) {
  const input = box.querySelector("input");
  const drawn = [...box.querySelectorAll("i")];

  function draw() {
    const digits = digitsOf(input.value);
    if (digits !== input.value) input.value = digits;
    for (const [place, cell] of drawn.entries()) {
      cell.classList.toggle("full", place < digits.length);
      cell.classList.toggle("now", place === Math.min(digits.length, DIGITS - 1));
    }
  }

  box.classList.add("counted");
  input.addEventListener("input", draw);
  addEventListener("pageshow", draw); // the browser may have filled it in again
  draw();
}

function pad(box) {
  const input = document.getElementById(box.dataset.pad);
  const said = box.querySelector("[data-said]");
  box.hidden = false;
  if (matchMedia("(pointer: coarse)").matches) input.inputMode = "none"; // the phone's own keyboard would cover the page
  box.addEventListener("click", (event) => {
    const digit = event.target.closest("[data-digit]")?.dataset.digit;
    if (!digit) return;
    input.value = digit === "back" ? input.value.slice(0, -1) : input.value + digit;
    input.dispatchEvent(new Event("input"));
    said.textContent = said.dataset.said.replace("{count}", String(input.value.length));
    if (digit !== "back" && input.value.length === DIGITS) input.form.requestSubmit(input.form.querySelector("button[name]"));
  });
}

document.querySelectorAll(".cells").forEach(cells);
document.querySelectorAll("[data-pad]").forEach(pad);
