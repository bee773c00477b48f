/**
 * Sources grouped by directory, without the common parent directory. The name of a container, `shop/web-1/nginx`, has
 * groups of its own: people know its parts, not the directories of its files. The name of a command has none.
 */

/**
 * @template {{name: string, path: string}} Source
 * @typedef {{directory: string, sources: Source[]}} SourceGroup `directory` ends with a slash; it is empty at the top
 *   level
 */
/**
 * A row of the list of sources; `host` is that of the row, `isOpen` whether its sources follow.
 * @template {{name: string, path: string, host?: string | null}} Source
 * @template {{name: string}} Host
 * @typedef {{kind: "source", source: Source} | {kind: "directory", directory: string, host: string}
 *   | {kind: "host", host: Host, isOpen: boolean}} ListRow
 */

/**
 * Return the rows of the list: sources of the server itself, then each host, with its sources if it is opened. A search
 * opens the hosts of the sources that it finds.
 * @template {{name: string, path: string, host?: string | null}} Source
 * @template {{name: string, labels: Record<string, string>}} Host
 * @param {readonly Source[]} sources
 * @param {readonly Host[]} hosts
 * @param {ReadonlySet<string>} opened names of hosts
 * @param {string} typed
 * @returns {ListRow<Source, Host>[]}
 */
export function listRows(sources, hosts, opened, typed) {
  /** @type {Map<string, Source[]>} */
  const byHost = new Map();
  for (const source of sources) {
    const own = byHost.get(source.host ?? "");
    if (own) own.push(source);
    else byHost.set(source.host ?? "", [source]);
  }
  /** @param {string} host @returns {ListRow<Source, Host>[]} */
  const rowsOf = (host) =>
    groupSources(byHost.get(host) ?? []).flatMap(({ directory, sources: grouped }) => {
      const found = grouped.filter((source) => matchesSearch(source, typed));
      const rows = found.map((source) => ({ kind: /** @type {const} */ ("source"), source }));
      return directory && found.length > 0 ? [{ kind: "directory", directory, host }, ...rows] : rows;
    });
  const rows = rowsOf("");
  for (const host of hosts) {
    const own = typed !== "" || opened.has(host.name) ? rowsOf(host.name) : [];
    const isOpen = typed === "" ? opened.has(host.name) : own.length > 0;
    const labels = Object.entries(host.labels).map((label) => label.join("="));
    if (isOpen || hasWords([host.name, ...labels].join(" "), typed)) rows.push({ kind: "host", host, isOpen }, ...own);
  }
  return rows;
}

/**
 * Return the name of a source on its host.
 * @param {{name: string, host?: string | null}} source
 */
export function plainName({ name, host }) {
  return host ? name.slice(host.length + 1) : name;
}

/**
 * @template {{name: string, path: string, host?: string | null}} Source
 * @param {readonly Source[]} sources
 * @returns {SourceGroup<Source>[]} sorted by directory; sources keep their order
 */
export function groupSources(sources) {
  /** @type {Map<string, Source[]>} */
  const groups = new Map();
  const common = commonDirectory(sources.filter(isNamedByPath).map(({ path }) => directoryOf(path))).length;
  for (const source of sources) {
    const directory = isNamedByPath(source) ? directoryOf(source.path).slice(common) : directoryOf(plainName(source));
    const group = groups.get(directory);
    if (group) group.push(source);
    else groups.set(directory, [source]);
  }
  return [...groups]
    .map(([directory, grouped]) => ({ directory, sources: grouped }))
    .sort((one, other) => (one.directory < other.directory ? -1 : 1));
}

/**
 * Return the name of a source within its group.
 * @param {{name: string, path: string, host?: string | null}} source
 */
export function nameInGroup(source) {
  const name = plainName(source);
  return isNamedByPath(source) ? name : name.slice(directoryOf(name).length);
}

/**
 * Whether a source has the name of its file; `logs/.log`, whose files have dates for names, is named `logs.log`.
 * @param {{name: string, path: string, host?: string | null}} source
 */
function isNamedByPath(source) {
  return source.path.replaceAll("/", "").endsWith(plainName(source).replaceAll("/", ""));
}

/**
 * Whether the name or path contains every typed word, ignoring case.
 * @param {{name: string, path: string}} source
 * @param {string} typed
 */
export function matchesSearch({ name, path }, typed) {
  return hasWords(`${path} ${name}`, typed);
}

/**
 * @param {string} text
 * @param {string} typed
 */
function hasWords(text, typed) {
  const lower = text.toLowerCase();
  return typed.toLowerCase().split(/\s+/).every((word) => lower.includes(word));
}

/** @param {string} path */
function directoryOf(path) {
  return path.slice(0, path.lastIndexOf("/") + 1);
}

/** @param {readonly string[]} directories */
function commonDirectory(directories) {
  let common = directories[0] ?? "";
  for (const directory of directories) {
    while (!directory.startsWith(common)) common = directoryOf(common.slice(0, -1));
  }
  return common;
}
