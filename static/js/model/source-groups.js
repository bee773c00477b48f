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
 * @template {{name: string, path: string}} Source
 * @param {readonly Source[]} sources
 * @returns {SourceGroup<Source>[]} sorted by directory; sources keep their order
 */
export function groupSources(sources) {
  /** @type {Map<string, Source[]>} */
  const groups = new Map();
  const common = commonDirectory(sources.filter(isNamedByPath).map(({ path }) => directoryOf(path))).length;
  for (const source of sources) {
    const directory = isNamedByPath(source) ? directoryOf(source.path).slice(common) : directoryOf(source.name);
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
 * @param {{name: string, path: string}} source
 */
export function nameInGroup(source) {
  return isNamedByPath(source) ? source.name : source.name.slice(directoryOf(source.name).length);
}

/**
 * Whether a source has the name of its file; `logs/.log`, whose files have dates for names, is named `logs.log`.
 * @param {{name: string, path: string}} source
 */
function isNamedByPath({ name, path }) {
  return path.replaceAll("/", "").endsWith(name.replaceAll("/", ""));
}

/**
 * Whether the name or path contains every typed word, ignoring case.
 * @param {{name: string, path: string}} source
 * @param {string} typed
 */
export function matchesSearch({ name, path }, typed) {
  const text = `${path} ${name}`.toLowerCase();
  return typed.toLowerCase().split(/\s+/).every((word) => text.includes(word));
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
