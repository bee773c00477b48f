/** What a view is asked for beside its sources: what lines must and must not hold, and what is looked for in them. */

/** @typedef {"smart" | "sensitive" | "insensitive"} MatchCase smart is sensitive where a pattern has a capital letter */
/**
 * @typedef {object} Filter
 * @property {string} search what stands in the search bar
 * @property {boolean} only whether only lines with it are shown; otherwise it is just found
 * @property {readonly string[]} include all must hold, besides
 * @property {readonly string[]} exclude none may
 * @property {boolean} regex whether all of these are patterns
 * @property {MatchCase} matchCase
 * @property {readonly string[]} levels no line of another one is shown; "none" is what has none; empty is all
 * @property {string} since a time as the server reads it, or nothing
 * @property {string} until the same; lines of this time are out
 * @property {number} context lines before and after each that is shown, which are shown with it
 * @property {boolean} records whether a line brings those that go on with it
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
  context: 0,
  records: false,
});

/** How much context there is to choose from. */
export const CONTEXT_CHOICES = Object.freeze([0, 3, 10, 30]);
const NAMES = ["q", "not", "find", "regex", "case", "level", "since", "until", "context", "records"];
// What may follow a value that has no quotes.
const END = "(?:[\\s,;|)}\\]]|$)";
const SPECIAL = /[\\^$.*+?()[\]{}|]/g;

/**
 * Without `find`, the last `q` is what stands in the search bar.
 * @param {URLSearchParams} params
 * @param {string} suffix of their names
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
    context: /^\d{1,3}$/.test(one("context")) ? Number(one("context")) : 0,
    records: one("records") === "true",
  };
}

/**
 * @param {URLSearchParams} params what they said of such a view before goes
 * @param {string} suffix
 * @param {Filter} [filter]
 */
export function writeFilter(params, suffix, filter) {
  for (const name of NAMES) params.delete(name + suffix);
  if (!filter) return;
  for (const [name, value] of viewParameters(filter)) params.append(name + suffix, value);
  const found = !filter.only && filter.search !== "";
  if (found && !params.has(`q${suffix}`) && !params.has(`not${suffix}`)) {
    for (const [name, value] of matchOptions(filter)) params.append(name + suffix, value);
  }
  if (found || (filter.include.length > 0 && filter.search === "")) params.append(`find${suffix}`, filter.search);
}

/** What the server is asked for: which lines are shown, and what is shown with them. @param {Filter} filter */
export function viewParameters(filter) {
  const pairs = matchParameters(filter);
  if (pairs.length > 0 && filter.context > 0) pairs.push(["context", String(filter.context)]);
  if (pairs.length > 0 && filter.records) pairs.push(["records", "true"]);
  return pairs;
}

/** Which lines are meant. @param {Filter} filter @returns {Parameter[]} none for all */
export function matchParameters(filter) {
  return parameters(filter, filter.only && filter.search ? [...filter.include, filter.search] : filter.include);
}

/** Which of the lines shown are hits. @param {Filter} filter @returns {Parameter[]} */
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
  const { exclude, levels, since, until } = filter;
  /** @type {Parameter[]} */
  const pairs = include.map((text) => ["q", text]);
  for (const text of exclude) pairs.push(["not", text]);
  if (pairs.length > 0) pairs.push(...matchOptions(filter));
  for (const level of levels) pairs.push(["level", level]);
  if (since) pairs.push(["since", since]);
  if (until) pairs.push(["until", until]);
  return pairs;
}

/** @param {Filter} filter @returns {Parameter[]} */
function matchOptions({ regex, matchCase }) {
  /** @type {Parameter[]} */
  const pairs = regex ? [["regex", "true"]] : [];
  if (matchCase !== "smart") pairs.push(["case", matchCase]);
  return pairs;
}

/** Whether it leaves any line out. @param {Filter} filter */
export function isFiltering(filter) {
  return matchParameters(filter).length > 0;
}

/**
 * With one more line that must, or must not, be there.
 * @param {Filter} filter
 * @param {"include" | "exclude"} what
 * @param {string} text as lines have it
 * @returns {Filter}
 */
export function withText(filter, what, text) {
  const term = filter.regex ? escapePattern(text) : text;
  return filter[what].includes(term) ? filter : { ...filter, [what]: [...filter[what], term] };
}

/**
 * With one more field that must, or must not, have this value: with a pattern, where its text may go on.
 * @param {Filter} filter
 * @param {"include" | "exclude"} what
 * @param {Pick<import("../text/fields.js").Field, "text" | "isBounded">} field
 * @returns {Filter}
 */
export function withField(filter, what, { text, isBounded }) {
  if (isBounded) return withText(filter, what, text);
  const asPatterns = filter.regex ? filter : { ...withRegexToggled(filter), search: escapePattern(filter.search) };
  return { ...asPatterns, [what]: [...new Set([...asPatterns[what], escapePattern(text) + END])] };
}

/**
 * A term as a reader chose it.
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
  return { ...filter, levels: levels.includes(level) ? levels.filter((each) => each !== level) : [...levels, level] };
}

/**
 * Patterns for texts, or the other way: what was chosen by a click stays what it was.
 * @param {Filter} filter
 * @returns {Filter}
 */
export function withRegexToggled(filter) {
  const turn = (/** @type {string} */ term) => (filter.regex ? termText(term, true) : escapePattern(term));
  const { include, exclude, regex } = filter;
  return { ...filter, regex: !regex, include: include.map(turn), exclude: exclude.map(turn) };
}

/** The pattern of just this text. @param {string} text */
export function escapePattern(text) {
  return text.replace(SPECIAL, "\\$&");
}

/** @param {string} pattern @returns {string} the text it is the pattern of, or the pattern itself */
function unescapePattern(pattern) {
  const text = pattern.replace(/\\([\\^$.*+?()[\]{}|])/g, "$1");
  return escapePattern(text) === pattern ? text : pattern;
}
