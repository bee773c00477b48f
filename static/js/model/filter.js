/** The query of one view: text to include and exclude, levels, time range, context, and the search text. */

/**
 * @typedef {"smart" | "sensitive" | "insensitive"} MatchCase smart: case-sensitive if the pattern has a capital
 *   letter
 */
/**
 * @typedef {object} Filter
 * @property {string} search text in the search bar
 * @property {boolean} only whether only lines with `search` are shown; otherwise it is highlighted
 * @property {readonly string[]} include a line must match all of these
 * @property {readonly string[]} exclude a line must match none of these
 * @property {boolean} regex whether all texts are regular expressions
 * @property {MatchCase} matchCase
 * @property {readonly string[]} levels levels to show; "none" stands for lines without a level; empty shows all
 * @property {string} since a time in the server's syntax, or empty
 * @property {string} until the same, exclusive
 * @property {number | null} now server time from which relative times count, in epoch milliseconds; null for the time
 *   of each request. A link does not have it, so "15 min ago" are the reader's 15 minutes.
 * @property {number} context number of lines shown before and after each match
 * @property {boolean} records whether a match includes its continuation lines
 */
/** @typedef {[name: string, value: string]} Parameter */

/** @type {Filter} */
export const NO_FILTER = Object.freeze({
  search: "",
  only: false,
  include: [],
  exclude: [],
  regex: false,
  matchCase: "smart",
  levels: [],
  since: "",
  until: "",
  now: null,
  context: 0,
  records: false,
});

/** Values of the context button. */
export const CONTEXT_CHOICES = Object.freeze([0, 3, 10, 30]);
const NAMES = ["q", "not", "find", "regex", "case", "level", "since", "until", "context", "records"];
// Ends a value that is not quoted.
const END = "(?:[\\s,;|)}\\]]|$)";
const EPOCH = /^\d{9,}(\.\d+)?$/;
// Parts of regular expressions that are rare in the text of logs.
const PATTERN = /\\[<>bBdDsSwW.|()[\]{}+*?^$]|\.[*+?]|[\w)\]]\|[\w(\\[^]|^\^\S|\S\$$|\[\^?[^\]\s]+\][*+?{]|\)[*+?{]/;
const SPECIAL = /[\\^$.*+?()[\]{}|]/g;

/**
 * Read a filter. Without `find`, the last `q` goes into the search bar.
 * @param {URLSearchParams} params
 * @param {string} suffix appended to parameter names
 * @returns {Filter}
 */
export function readFilter(params, suffix) {
  const all = (/** @type {string} */ name) => params.getAll(name + suffix).filter(Boolean);
  const one = (/** @type {string} */ name) => params.get(name + suffix) ?? "";
  const [find, include, matchCase] = [params.get(`find${suffix}`), all("q"), one("case")];
  const only = find === null && include.length > 0;
  return {
    search: find ?? include.at(-1) ?? "",
    only,
    include: only ? include.slice(0, -1) : include,
    exclude: all("not"),
    regex: one("regex") === "true",
    matchCase: matchCase === "sensitive" || matchCase === "insensitive" ? matchCase : "smart",
    levels: [...new Set(all("level"))],
    since: one("since"),
    until: one("until"),
    now: null,
    context: /^\d{1,3}$/.test(one("context")) ? Number(one("context")) : 0,
    records: one("records") === "true",
  };
}

/**
 * @param {URLSearchParams} params existing parameters of this view are replaced
 * @param {string} suffix
 * @param {Filter} [filter]
 */
export function writeFilter(params, suffix, filter) {
  for (const name of NAMES) params.delete(name + suffix);
  if (!filter) return;
  for (const [name, value] of viewParameters({ ...filter, now: null })) params.append(name + suffix, value);
  const isHighlighted = !filter.only && filter.search !== "";
  if (isHighlighted && !params.has(`q${suffix}`) && !params.has(`not${suffix}`)) {
    for (const [name, value] of matchOptions(filter)) params.append(name + suffix, value);
  }
  const isBarEmpty = filter.include.length > 0 && filter.search === "";
  if (isHighlighted || isBarEmpty) params.append(`find${suffix}`, filter.search);
}

/** Whether a time of a filter counts from now, or may do so. @param {string} time in the server's syntax */
export function isRelative(time) {
  return time !== "" && !EPOCH.test(time);
}

/** The server's parameters of a view: which lines to show, with context and records. @param {Filter} filter */
export function viewParameters(filter) {
  const pairs = matchParameters(filter);
  if (pairs.length > 0 && filter.context > 0) pairs.push(["context", String(filter.context)]);
  if (pairs.length > 0 && filter.records) pairs.push(["records", "true"]);
  return pairs;
}

/**
 * The server's parameters of the lines that match, without context.
 * @param {Filter} filter
 * @returns {Parameter[]} empty for all lines
 */
export function matchParameters(filter) {
  return parameters(filter, filter.only && filter.search ? [...filter.include, filter.search] : filter.include);
}

/** The server's parameters of the lines that are search hits. @param {Filter} filter @returns {Parameter[]} */
export function hitParameters(filter) {
  return parameters(filter, filter.search ? [...filter.include, filter.search] : filter.include);
}

/** @param {readonly Parameter[]} pairs @returns {string} without a question mark */
export function toQueryString(pairs) {
  return new URLSearchParams(/** @type {Parameter[]} */ (pairs)).toString();
}

/**
 * @param {Filter} filter
 * @param {readonly string[]} include
 * @returns {Parameter[]}
 */
function parameters(filter, include) {
  const { exclude, levels, since, until, now } = filter;
  /** @type {Parameter[]} */
  const pairs = include.map((text) => ["q", text]);
  for (const text of exclude) pairs.push(["not", text]);
  if (pairs.length > 0) pairs.push(...matchOptions(filter));
  for (const level of levels) pairs.push(["level", level]);
  if (since) pairs.push(["since", since]);
  if (until) pairs.push(["until", until]);
  if (now !== null && (isRelative(since) || isRelative(until))) pairs.push(["now", String(now)]);
  return pairs;
}

/** @param {Filter} filter @returns {Parameter[]} */
function matchOptions({ regex, matchCase }) {
  /** @type {Parameter[]} */
  const pairs = regex ? [["regex", "true"]] : [];
  if (matchCase !== "smart") pairs.push(["case", matchCase]);
  return pairs;
}

/** Whether the filter leaves out any line. @param {Filter} filter */
export function isFiltering(filter) {
  return matchParameters(filter).length > 0;
}

/**
 * Add a text that lines must, or must not, contain.
 * @param {Filter} filter
 * @param {"include" | "exclude"} list
 * @param {string} text literal text of a line
 * @returns {Filter}
 */
export function withText(filter, list, text) {
  const term = filter.regex ? escapePattern(text) : text;
  return filter[list].includes(term) ? filter : { ...filter, [list]: [...filter[list], term] };
}

/**
 * Add a field value that lines must, or must not, have. A value without quotes becomes a pattern, so that it does not
 * match the beginning of a longer value.
 * @param {Filter} filter
 * @param {"include" | "exclude"} list
 * @param {Pick<import("../text/fields.js").Field, "text" | "isBounded">} field
 * @returns {Filter}
 */
export function withField(filter, list, { text, isBounded }) {
  if (isBounded) return withText(filter, list, text);
  const asPatterns = filter.regex ? filter : { ...withRegexToggled(filter), search: escapePattern(filter.search) };
  return { ...asPatterns, [list]: [...new Set([...asPatterns[list], escapePattern(text) + END])] };
}

/** Whether a text was probably meant as a regular expression. @param {string} text */
export function looksLikePattern(text) {
  return PATTERN.test(text);
}

/**
 * Format a text or pattern for display.
 * @param {string} term
 * @param {boolean} regex
 */
export function termText(term, regex) {
  return regex ? unescapePattern(term.endsWith(END) ? term.slice(0, -END.length) : term) : term;
}

/**
 * @param {Filter} filter
 * @param {string} level
 * @returns {Filter}
 */
export function withLevelToggled(filter, level) {
  const { levels } = filter;
  return { ...filter, levels: levels.includes(level) ? levels.filter((other) => other !== level) : [...levels, level] };
}

/**
 * Switch between texts and patterns, keeping the meaning of included and excluded texts.
 * @param {Filter} filter
 * @returns {Filter}
 */
export function withRegexToggled(filter) {
  const convert = (/** @type {string} */ term) => (filter.regex ? termText(term, true) : escapePattern(term));
  const { include, exclude, regex } = filter;
  return { ...filter, regex: !regex, include: include.map(convert), exclude: exclude.map(convert) };
}

/** Return a pattern that matches exactly this text. @param {string} text */
export function escapePattern(text) {
  return text.replace(SPECIAL, "\\$&");
}

/**
 * @param {string} pattern @returns {string} the text that the pattern matches, or the pattern itself if it is not an
 *   escaped text
 */
function unescapePattern(pattern) {
  const text = pattern.replace(/\\([\\^$.*+?()[\]{}|])/g, "$1");
  return escapePattern(text) === pattern ? text : pattern;
}
