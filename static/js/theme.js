// A classic script in the head: the chosen theme stands before the first paint, so nothing flashes.
try {
  const theme = localStorage.getItem("logviewer.theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // Storage is forbidden here: the system's theme it is.
}
