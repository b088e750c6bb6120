// The list goes on by itself: when its end comes near, the next page is fetched by the link that is there without
// scripts, and its rows join those that are shown. What cannot be fetched leaves the link.
const months = document.getElementById("months");
const older = document.getElementById("older");
const loaded = document.getElementById("loaded");
let loading = false;

const next = () => older.querySelector("a[rel=next]");

async function load() {
  const link = next();
  if (loading || !link) return;
  loading = true;
  older.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(link.href, { headers: { Accept: "text/html" } });
    if (!answer.ok || answer.redirected) throw new Error(`answered ${answer.status}`);
    join(new DOMParser().parseFromString(await answer.text(), "text/html"));
    loaded.textContent = loaded.dataset.loaded;
  } catch {
    loaded.textContent = loaded.dataset.failed;
    seen.disconnect();
  } finally {
    loading = false;
    older.removeAttribute("aria-busy");
  }
}

function join(page) {
  for (const month of page.querySelectorAll("#months > .month")) {
    const last = months.lastElementChild;
    if (last && last.dataset.month === month.dataset.month) {
      last.querySelector(".rows").append(...month.querySelectorAll(".row"));
    } else {
      months.append(document.adoptNode(month));
    }
  }
  if (months.childElementCount) document.getElementById("none")?.remove();
  const link = page.querySelector("#older a[rel=next]");
  if (link) next().replaceWith(document.adoptNode(link));
  else next().remove();
  watch();
}

const seen = new IntersectionObserver((entries) => entries.some((one) => one.isIntersecting) && load(), {
  rootMargin: "600px",
});

function watch() {
  seen.disconnect();
  const link = next();
  if (link) seen.observe(link);
}

older.addEventListener("click", (event) => {
  if (event.target.closest("a[rel=next]") && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault();
    load();
  }
});
watch();
