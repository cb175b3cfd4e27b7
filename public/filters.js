// Filters act as soon as they are changed. Without this file a button sends them.
document.documentElement.classList.add("filters-act");
document.addEventListener("change", ({ target }) => {
  if (target instanceof HTMLSelectElement) target.closest(".filter-form")?.requestSubmit();
});
