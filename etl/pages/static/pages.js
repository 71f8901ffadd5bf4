// Light or dark as Airflow is shown: it keeps the choice of its own pages, which have the same origin, under "theme".
// Without it the system decides, as the stylesheet says.
const shownAs = (chosen) => {
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
  else delete document.documentElement.dataset.theme;
};
try {
  shownAs(localStorage.getItem("theme"));
} catch {
  // a browser that keeps nothing: the system decides
}
// Chosen anew in Airflow's page around this one, or in another tab.
addEventListener("storage", (event) => {
  if (event.key === "theme" || event.key === null) shownAs(event.newValue);
});

// Parts of a page that change by themselves (data-refresh, each with an id) are asked for again until they say no more.
// Without script a link beside them does the same.
const refresh = async () => {
  const parts = [...document.querySelectorAll("[data-refresh]")];
  if (parts.length === 0) return;
  if (!document.hidden) {
    const answer = await fetch(location.href).catch(() => null);
    if (answer && !answer.ok) return; // the page itself says why, once it is opened again
    if (answer) {
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      const focused = document.activeElement?.id;
      for (const part of parts) {
        const now = fresh.getElementById(part.id);
        if (now && now.innerHTML !== part.innerHTML) part.replaceChildren(...now.childNodes);
        part.toggleAttribute("data-refresh", Boolean(now?.hasAttribute("data-refresh")));
      }
      if (focused && document.activeElement?.id !== focused) document.getElementById(focused)?.focus();
    }
  }
  setTimeout(refresh, 2000);
};
document.addEventListener("DOMContentLoaded", () => setTimeout(refresh, 1000));

// Airflow shows pages in a frame that may not open others in its place: a link out of it is opened by the page around it.
document.addEventListener("click", (event) => {
  const link = event.target.closest?.('a[target="_top"]');
  if (!link || window.parent === window || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const outside = window.parent.document.createElement("a");
  outside.href = link.href;
  outside.click();
});
