// A link on another site opens this page without the cookie, because the cookie is SameSite=Strict.
// A request from this page carries the cookie, so a signed-in user is sent on to the linked page.
const url = new URL(location.href);
const token = url.searchParams.get("token");
url.searchParams.delete("token");

fetch(url, { method: "HEAD" }).then(
  ({ ok }) => {
    if (ok) location.replace(url.pathname + url.search);
  },
  () => {},
);

// The server takes no token from a link of another site: signing in is a click on this page.
const field = document.getElementById("token");
if (token && field instanceof HTMLInputElement) {
  field.value = token;
  history.replaceState(null, "", url);
}
