/** Notices shown instead of lines, or above lines that may be outdated. */

/** @typedef {import("../model/connection.js").Connection} Connection */
/**
 * @typedef {object} Situation
 * @property {Connection} connection
 * @property {"signed-out" | "unreachable" | null} trouble a problem with the list of sources
 * @property {readonly {id: string, name: string, state: string, reason?: string | null}[] | null} sources null until
 *   known
 * @property {readonly string[]} chosen
 * @property {boolean} empty whether no line was received yet
 * @property {boolean} [filtered] whether lines are filtered out
 * @property {boolean} [counting] whether the server has not searched all lines yet
 */
/** @typedef {{command: "clear-filter" | "reload" | "restart" | "retry" | "sources", label: string}} NoticeAction */
/** @typedef {{title: string, text: string, action?: NoticeAction}} Notice */

/** @type {NoticeAction} */
const RETRY = { command: "retry", label: "Try now" };

/**
 * @param {Situation} situation
 * @returns {Notice | null}
 */
export function noticeFor(situation) {
  return troubleNotice(situation) ?? (situation.empty ? emptyNotice(situation) : null);
}

/**
 * @param {Situation} situation
 * @returns {Notice | null}
 */
function troubleNotice({ connection, trouble, sources, filtered }) {
  if (connection.name === "signed-out" || trouble === "signed-out") {
    return {
      title: "Signed out",
      text: "The server does not know this browser any more. Open the link in its terminal, or sign in with the token.",
      action: { command: "reload", label: "Sign in" },
    };
  }
  if (connection.name === "refused" && filtered) {
    return {
      title: "The server cannot look for this",
      text: connection.detail,
      action: { command: "clear-filter", label: "All lines" },
    };
  }
  if (connection.name === "refused") {
    return {
      title: "The server refused this stream",
      text: connection.detail,
      action: { command: "restart", label: "Start again" },
    };
  }
  if (connection.name === "server-ended") {
    return { title: "The server ended", text: "The page goes on by itself when it is back.", action: RETRY };
  }
  if (connection.name === "reconnecting") {
    return { title: "Connection lost", text: "Lines written meanwhile follow when it is back.", action: RETRY };
  }
  if (trouble === "unreachable" && sources === null) {
    return { title: "No connection", text: "The server cannot be reached. Trying again by itself.", action: RETRY };
  }
  return null;
}

/**
 * @param {Situation} situation
 * @returns {Notice | null}
 */
function emptyNotice({ connection, sources, chosen, filtered, counting }) {
  if (sources === null) return null;
  if (sources.length === 0 && chosen.length === 0) {
    return {
      title: "No sources yet",
      text: "Nothing that logviewer was asked to show exists so far. A file appears here as soon as it is created.",
    };
  }
  if (chosen.length === 0) {
    return {
      title: "No source chosen",
      text: "Click a name to see one source; tick several to see them together.",
      action: { command: "sources", label: "Sources" },
    };
  }
  if (filtered && counting) return { title: "Searching\u2026", text: "No line has been found yet." };
  if (filtered) {
    return {
      title: "No match",
      text: "No line matches so far. New lines that match appear here.",
      action: { command: "clear-filter", label: "All lines" },
    };
  }
  if (connection.name === "ended") return { title: "No lines", text: "This stream ended without any." };
  return connection.name === "live" ? waitingNotice(sources.filter(({ id }) => chosen.includes(id))) : null;
}

/**
 * @param {readonly {name: string, state: string, reason?: string | null}[]} shown
 * @returns {Notice}
 */
function waitingNotice(shown) {
  if (shown.length !== 1) return { title: "No lines yet", text: "Lines appear here as they are written." };
  const [{ name, state, reason }] = shown;
  if (state === "missing")
    return { title: `${name} is missing`, text: "Its lines appear here as soon as it is created." };
  if (state === "unreadable") {
    const text = `The server may not open it${reason ? `: ${reason}` : ""}. Its lines appear here once it may.`;
    return { title: `${name} cannot be read`, text };
  }
  return { title: "No lines yet", text: `${name} is empty. Lines appear here as they are written.` };
}
