// Ids are shown short; each gets a button that copies all of it. Without scripts a click selects the whole id.

const template = document.getElementById("copy-button");
const told = document.getElementById("copied");

for (const code of navigator.clipboard ? document.querySelectorAll("code[data-copy]") : []) {
  const button = template.content.firstElementChild.cloneNode(true);
  button.setAttribute("aria-label", `${button.getAttribute("aria-label")}: ${code.title}`);
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(code.title);
    button.classList.add("copied");
    told.textContent = `${template.dataset.done}: ${code.title}`;
    setTimeout(() => button.classList.remove("copied"), 1500);
  });
  (code.closest("a") ?? code).after(button);
}
