// What was typed is not lost: not when the language is changed, not when a PIN is repeated wrongly, and not by the
// browser's arrows, which find pages that can be asked for again. Nothing secret is kept.

const KEPT = "feiqian.typed"; // of this tab, until the page is there again
const SECRET = new Set(["password", "file", "hidden"]);
const OURS = new Set(["answer", "code", "page_for"]);
const here = document.getElementById("banner").dataset.here;

const fields = () =>
  [...document.querySelectorAll("form.form [name]")].filter((field) => field.id && "value" in field);
const keepable = (field) =>
  field.tagName !== "BUTTON" && !OURS.has(field.name) && (!SECRET.has(field.type) || field.id.startsWith("kept-"));

function keep() {
  const typed = fields().filter(keepable).filter((field) => !["radio", "checkbox"].includes(field.type));
  const values = Object.fromEntries(typed.map((field) => [field.name, field.value]));
  for (const box of document.querySelectorAll("form.form :checked[name]")) if (box.tagName === "INPUT") values[box.name] = box.value;
  sessionStorage.setItem(KEPT, JSON.stringify({ path: location.pathname, values }));
}

function fillIn() {
  const kept = JSON.parse(sessionStorage.getItem(KEPT) ?? "{}");
  sessionStorage.removeItem(KEPT);
  if (kept.path !== location.pathname) return;
  for (const field of document.querySelectorAll("form.form [name]")) {
    const value = kept.values[field.name];
    if (value === undefined || !("value" in field) || field.tagName === "BUTTON") continue;
    if (["radio", "checkbox"].includes(field.type)) field.checked = field.value === value;
    else if (keepable(field)) field.value = value;
  }
}

/** Said at once, before the form is sent: the server would have to ask for the password again, too. */
function sameTwice(again) {
  const first = document.getElementById(again.dataset.same);
  const problem = document.getElementById(`differs-${again.name}`);
  again.form.addEventListener("submit", (event) => {
    const differs = event.submitter?.value !== "back" && first.value.length > 0 && first.value !== again.value;
    problem.hidden = !differs;
    again.closest(".field").classList.toggle("field-wrong", differs);
    again.setAttribute("aria-invalid", String(differs));
    if (!differs) return;
    event.preventDefault();
    again.value = "";
    again.dispatchEvent(new Event("input"));
    again.focus();
  });
}

for (const form of document.querySelectorAll('form[action="/language"]')) form.addEventListener("submit", keep);
document.querySelectorAll("[data-same]").forEach(sameTwice);
fillIn();
// A page that answered a form has its form's address: by the arrows it would be asked for as a form again.
history.replaceState(history.state, "", here);
