import assert from "node:assert/strict";
import { test } from "node:test";
import { fieldsOf } from "../../static/js/text/fields.js";
import {
  hitParameters,
  isFiltering,
  looksLikePattern,
  matchParameters,
  NO_FILTER,
  readFilter,
  termText,
  toQueryString,
  withField,
  withLevelToggled,
  withRegexToggled,
  withText,
  writeFilter,
} from "../../static/js/model/filter.js";

/** @param {string} search @param {string} [suffix] */
const read = (search, suffix = "") => readFilter(new URLSearchParams(search), suffix);

/** @param {Partial<import("../../static/js/model/filter.js").Filter>} filter @param {string} [suffix] */
function written(filter, suffix = "") {
  const params = new URLSearchParams();
  writeFilter(params, suffix, { ...NO_FILTER, ...filter });
  return params.toString();
}

test("the last q of a URL is in the search bar", () => {
  const filter = read("q=a&q=b&not=c&level=error&since=1h+ago");
  assert.deepEqual(filter, {
    ...NO_FILTER,
    search: "b",
    only: true,
    include: ["a"],
    exclude: ["c"],
    levels: ["error"],
    since: "1h ago",
  });
  assert.equal(toQueryString(matchParameters(filter)), "q=a&q=b&not=c&level=error&since=1h+ago");
});

test("a moment to count from goes to the server with relative times, and into no URL", () => {
  const filter = { ...NO_FILTER, since: "15 min ago", now: 1_795_230_000_000 };
  assert.equal(toQueryString(matchParameters(filter)), "since=15+min+ago&now=1795230000000");
  assert.equal(toQueryString(hitParameters({ ...filter, search: "x" })), "q=x&since=15+min+ago&now=1795230000000");
  assert.equal(toQueryString(matchParameters({ ...filter, since: "1795230000000", until: "1795230000.5" })),
    "since=1795230000000&until=1795230000.5");
  assert.equal(toQueryString(matchParameters({ ...filter, since: "" })), "");
  assert.equal(written(filter), "since=15+min+ago");
  assert.equal(read("since=15+min+ago&now=1").now, null);
});

test("a search that does not filter finds hits in all lines", () => {
  const filter = read("find=x&regex=true");
  assert.deepEqual([filter.search, filter.only, isFiltering(filter)], ["x", false, false]);
  assert.equal(toQueryString(hitParameters(filter)), "q=x&regex=true");
});

test("a written filter is read back unchanged", () => {
  const filters = [
    {},
    { search: "x" },
    { search: "x", only: true },
    { include: ["a", "b"] },
    { include: ["a"], search: "x" },
    { include: ["a"], search: "x", only: true },
    { exclude: ["a&b=c", "%", " "], levels: ["error", "none"] },
    { search: "a.*", regex: true, matchCase: /** @type {const} */ ("sensitive") },
    { include: ["a"], regex: true },
    { since: "today 09:00", until: "1795230000000" },
  ];
  for (const suffix of ["", "2"]) {
    for (const filter of filters) assert.deepEqual(read(written(filter, suffix), suffix), { ...NO_FILTER, ...filter });
  }
});

test("regex is written only if the filter has a text", () => {
  assert.equal(written({ regex: true, levels: ["error"] }), "level=error");
});

test("levels are toggled", () => {
  const on = withLevelToggled(withLevelToggled(NO_FILTER, "error"), "none");
  assert.deepEqual(on.levels, ["error", "none"]);
  assert.deepEqual(withLevelToggled(on, "error").levels, ["none"]);
});

test("a selected text keeps its meaning when texts become patterns", () => {
  const patterns = withText({ ...NO_FILTER, regex: true }, "exclude", "a.b[1]");
  assert.deepEqual(patterns.exclude, ["a\\.b\\[1\\]"]);
  assert.deepEqual(withRegexToggled(patterns).exclude, ["a.b[1]"]);
  assert.deepEqual(withRegexToggled(withRegexToggled(patterns)).exclude, patterns.exclude);
  assert.deepEqual(withRegexToggled({ ...NO_FILTER, regex: true, include: ["a.*"] }).include, ["a.*"]);
});

test("a text is added once", () => {
  assert.deepEqual(withText(withText(NO_FILTER, "include", "a"), "include", "a").include, ["a"]);
});

test("a selected field matches its whole value", () => {
  const [user, , name] = fieldsOf('user=u1 id=1990 name="a b"');
  const filter = withField({ ...NO_FILTER, search: "a.b" }, "include", user);
  assert.deepEqual([filter.regex, filter.search], [true, "a\\.b"]);
  const pattern = new RegExp(filter.include[0]);
  assert.deepEqual(["user=u1 x", "user=u1", "user=u1,y", "user=u10", "user=u1-2"].map((line) => pattern.test(line)), [
    true,
    true,
    true,
    false,
    false,
  ]);
  assert.equal(termText(filter.include[0], true), "user=u1");
  assert.deepEqual(withRegexToggled(filter).include, ["user=u1"]);
  assert.deepEqual(withField(NO_FILTER, "exclude", name), { ...NO_FILTER, exclude: ['name="a b"'] });
});

test("a text with parts of a regular expression looks like one", () => {
  const patterns = ["\\<word\\>", "foo|bar", ".*", "a.*b", "^INFO", "done$", "[a-z]+", "(ab)+", "\\d", "a\\|b", "x\\."];
  assert.deepEqual(patterns.filter(looksLikePattern), patterns);
  const texts = ["", "error", "a | b", "user@host", "[main]", "f(x)", "1.5 ms", "what?", "a*b", "C:\\temp", "{}", "||"];
  assert.deepEqual(texts.filter(looksLikePattern), []);
});
