// A classic script in the head: what was chosen stands before the first paint, so nothing flashes and nothing jumps.
try {
  const { dataset } = document.documentElement;
  const theme = localStorage.getItem("logviewer.theme");
  if (theme === "light" || theme === "dark") dataset.theme = theme;
  if (localStorage.getItem("logviewer.side") === "off") dataset.side = "off";
} catch {
  // Storage is forbidden here: the page is as it comes.
}
