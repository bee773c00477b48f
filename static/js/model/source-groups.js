/** Sources grouped by directory, without the common parent directory. */

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
  const byDirectory = new Map();
  for (const source of sources) {
    const directory = directoryOf(source.path);
    const group = byDirectory.get(directory);
    if (group) group.push(source);
    else byDirectory.set(directory, [source]);
  }
  const common = commonDirectory([...byDirectory.keys()]).length;
  return [...byDirectory]
    .map(([directory, grouped]) => ({ directory: directory.slice(common), sources: grouped }))
    .sort((one, other) => (one.directory < other.directory ? -1 : 1));
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
