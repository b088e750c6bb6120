// The demo's buttons that fill in a person who does not exist, and a picture of a document that is none.

const person = document.getElementById("made-up-person");
const picture = document.getElementById("made-up-document");

function put(input, value) {
  input.value = value;
  input.dispatchEvent(new Event("input", { bubbles: true }));
}

async function fillIn() {
  const answer = await fetch("/demo/person");
  if (!answer.ok) return;
  const { name, number } = await answer.json();
  document.querySelector("input[name=kind][value=cn_id]").click();
  put(document.getElementById("f-name"), name);
  put(document.getElementById("f-number"), number);
}

async function attach() {
  const answer = await fetch("/demo/document.png");
  if (!answer.ok) return;
  const file = new File([await answer.blob()], "document.png", { type: "image/png" });
  const chosen = new DataTransfer();
  chosen.items.add(file);
  const input = document.getElementById("f-front");
  input.files = chosen.files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
}

for (const [button, act] of [[person, fillIn], [picture, attach]]) {
  if (!button) continue;
  button.hidden = false;
  button.addEventListener("click", act);
}
