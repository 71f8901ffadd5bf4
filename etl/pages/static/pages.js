// Light or dark as Airflow is shown: it keeps the choice of its own pages, which have the same origin, under "theme".
// Without it the system decides, as the stylesheet says.
try {
  const chosen = localStorage.getItem("theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
} catch {
  // a browser that keeps nothing: the system decides
}
