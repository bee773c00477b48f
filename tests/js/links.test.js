import assert from "node:assert/strict";
import { test } from "node:test";
import { findLinks } from "../../static/js/text/links.js";

/** @param {string} text */
const hrefs = (text) => findLinks(text).map(([, , href]) => href);

test("http and https URLs are links anywhere in a line", () => {
  assert.deepEqual(findLinks("see https://x.example/a?b=c#d now"), [[4, 29, "https://x.example/a?b=c#d"]]);
  assert.deepEqual(hrefs('"http://localhost:8000" HTTPS://X.example <http://[::1]:80/> git+https://y.example/z'), [
    "http://localhost:8000",
    "HTTPS://X.example",
    "http://[::1]:80/",
    "https://y.example/z",
  ]);
});

test("nothing else is a link", () => {
  for (const text of [
    "javascript:alert(1)",
    "javascript://x.example/%0aalert(1)",
    "data:text/html,x",
    "file:///etc/passwd",
    "ftp://x.example",
    "xhttp://x.example",
    "http://",
    "https:///x",
    "http://:80",
    "http://[::1",
    "http:// x.example",
    "www.x.example",
  ]) {
    assert.deepEqual(hrefs(text), [], text);
  }
});

test("punctuation of the sentence is excluded", () => {
  const marks = [".", ",", ";", ":", "!", "?", ")", "]", '"', "'", ").", "?!", '",', "...", "')", "(", "}", ">"];
  for (const after of marks) {
    assert.deepEqual(hrefs(`at https://x.example/a${after} b`), ["https://x.example/a"], after);
  }
});

test("brackets opened within the link are included", () => {
  assert.deepEqual(hrefs("(see https://x.example/Log_(file))."), ["https://x.example/Log_(file)"]);
  assert.deepEqual(hrefs("https://x.example/?a[0]=1&b[1]=2]"), ["https://x.example/?a[0]=1&b[1]=2"]);
});

test("quotes and brackets separate links", () => {
  assert.deepEqual(hrefs("['https://a.example','https://b.example']"), ["https://a.example", "https://b.example"]);
  assert.deepEqual(hrefs("[a](https://a.example)(https://b.example)"), ["https://a.example", "https://b.example"]);
});

test("a URL in the query of another URL is part of it", () => {
  const href = "https://x.example/?to=https://y.example/";
  assert.deepEqual(hrefs(href), [href]);
});

test("control, bidi and other characters end a link", () => {
  assert.deepEqual(hrefs("https://x.example/a\u202eb https://x.example/\x07 https://x.example\u3092\u53c2\u7167"), [
    "https://x.example/a",
    "https://x.example/",
    "https://x.example",
  ]);
});

test("a megabyte of any text is searched quickly", () => {
  const started = performance.now();
  const parts = ["http://", "http://a)", "http://a(", "http://a.", "https://a'", "://", "h", "http://[", "http://a]"];
  for (const part of parts) {
    findLinks(part.repeat(1_000_000 / part.length));
  }
  assert.ok(performance.now() - started < 3_000);
});
