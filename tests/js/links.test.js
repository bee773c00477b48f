import assert from "node:assert/strict";
import { test } from "node:test";
import { findLinks } from "../../static/js/text/links.js";

/** @param {string} text */
const hrefs = (text) => findLinks(text).map(([, , href]) => href);

test("http and https are links, wherever they stand", () => {
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

test("the sentence's punctuation is no part of it", () => {
  const marks = [".", ",", ";", ":", "!", "?", ")", "]", '"', "'", ").", "?!", '",', "...", "')", "(", "}", ">"];
  for (const after of marks) {
    assert.deepEqual(hrefs(`at https://x.example/a${after} b`), ["https://x.example/a"], after);
  }
});

test("brackets that it opened itself are", () => {
  assert.deepEqual(hrefs("(see https://x.example/Log_(file))."), ["https://x.example/Log_(file)"]);
  assert.deepEqual(hrefs("https://x.example/?a[0]=1&b[1]=2]"), ["https://x.example/?a[0]=1&b[1]=2"]);
});

test("quotes and brackets around several addresses part them", () => {
  assert.deepEqual(hrefs("['https://a.example','https://b.example']"), ["https://a.example", "https://b.example"]);
  assert.deepEqual(hrefs("[a](https://a.example)(https://b.example)"), ["https://a.example", "https://b.example"]);
});

test("an address in the query of another is a part of it", () => {
  const href = "https://x.example/?to=https://y.example/";
  assert.deepEqual(hrefs(href), [href]);
});

test("control, bidi and other characters end it", () => {
  assert.deepEqual(hrefs("https://x.example/a\u202eb https://x.example/\x07 https://x.example\u3092\u53c2\u7167"), [
    "https://x.example/a",
    "https://x.example/",
    "https://x.example",
  ]);
});

test("a megabyte of anything takes no time", () => {
  const started = performance.now();
  const parts = ["http://", "http://a)", "http://a(", "http://a.", "https://a'", "://", "h", "http://[", "http://a]"];
  for (const part of parts) {
    findLinks(part.repeat(1_000_000 / part.length));
  }
  assert.ok(performance.now() - started < 3_000);
});
