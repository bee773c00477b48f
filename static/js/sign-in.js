// A link on another site opens this page without the cookie, because the cookie is SameSite=Strict.
// A request from this page carries the cookie, so a signed-in user is sent on to the linked page.
fetch(location.href, { method: "HEAD" }).then(
  ({ ok }) => {
    if (ok) location.replace(location.pathname + location.search);
  },
  () => {},
);
