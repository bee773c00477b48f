// Who follows a link on another site comes without the cookie, signed in or not: it is for our own pages' requests only.
// So the page asks once more itself, and who is known after all sees what the link leads to.
fetch(location.href, { method: "HEAD" }).then(
  ({ ok }) => {
    if (ok) location.replace(location.pathname + location.search);
  },
  () => {},
);
