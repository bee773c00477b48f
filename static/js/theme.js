// A classic script in the head: it applies stored settings before the first paint, so nothing flashes or jumps.
try {
  const { dataset } = document.documentElement;
  const theme = localStorage.getItem("logviewer.theme");
  if (theme === "light" || theme === "dark") dataset.theme = theme;
  if (localStorage.getItem("logviewer.side") === "off") dataset.side = "off";
} catch {
  // Storage is blocked: keep the defaults.
}
