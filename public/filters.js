// Filters act as soon as one is chosen by pointer or finger; who chooses by keys sends them with the button, for a list passes
// each of its values on the way. Pages work without it.
let byKeys = false;
document.addEventListener("keydown", () => (byKeys = true));
document.addEventListener("pointerdown", () => (byKeys = false));
const filters = () => document.querySelectorAll(".filter-form");
document.addEventListener("change", ({ target }) => {
  if (target instanceof HTMLSelectElement && !byKeys) target.closest(".filter-form")?.requestSubmit();
});
// What is usual has no place in the address.
document.addEventListener("submit", ({ target }) => {
  if (!target.matches(".filter-form")) return;
  for (const field of target.elements) if (field.value === "") field.disabled = true;
});
// Whoever comes back sees what the page shows, and not what was chosen when they left.
addEventListener("pageshow", () => {
  for (const form of filters()) {
    for (const field of form.elements) field.disabled = false;
    form.reset();
  }
});
// What is opened to be copied is copied at once, where the browser lets pages do so; else it is there to be marked.
document.addEventListener("toggle", ({ target, newState }) => {
  if (newState !== "open" || target.id !== "copied") return;
  navigator.clipboard?.writeText(target.querySelector("pre").textContent).then(
    () => (target.querySelector("[role=status]").textContent = "Copied."),
    () => {},
  );
}, true);
