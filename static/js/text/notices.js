/** Notices shown instead of lines, or above lines that may be outdated. */

import { errorText } from "./words.js";

/** @typedef {import("../model/connection.js").Connection} Connection */
/**
 * @typedef {object} PaneSituation
 * @property {Connection} connection
 * @property {"signed-out" | "unreachable" | null} sourcesError a problem with the list of sources
 * @property {readonly {id: string, name: string, state: string, reason?: string | null}[] | null} sources null until
 *   known
 * @property {number} [hosts] number of hosts
 * @property {readonly string[]} chosen
 * @property {boolean} empty whether no line was received yet
 * @property {boolean} [filtered] whether lines are filtered out
 * @property {boolean} [counting] whether the server has not searched all lines yet
 * @property {string | null} [absent] names the hosts of the view that are away
 */
/** @typedef {{command: "clear-filter" | "reload" | "restart" | "retry" | "sources", label: string}} NoticeAction */
/** @typedef {{title: string, text: string, action?: NoticeAction}} Notice */

/** @type {NoticeAction} */
const RETRY = { command: "retry", label: "Retry now" };

/**
 * @param {PaneSituation} situation
 * @returns {Notice | null}
 */
export function noticeFor(situation) {
  return errorNotice(situation) ?? (situation.empty ? emptyNotice(situation) : null);
}

/**
 * @param {PaneSituation} situation
 * @returns {Notice | null}
 */
function errorNotice({ connection, sourcesError, sources, filtered, absent }) {
  if (connection.name === "signed-out" || sourcesError === "signed-out") {
    return {
      title: "Signed out",
      text: "Your session has ended. Open the link printed in the server's terminal, or sign in again.",
      action: { command: "reload", label: "Sign in" },
    };
  }
  if (connection.name === "refused" && filtered) {
    return {
      title: "The server rejected this filter",
      text: errorText(connection.detail),
      action: { command: "clear-filter", label: "Clear filters" },
    };
  }
  if (connection.name === "refused") {
    return {
      title: "The server refused this stream",
      text: connection.detail,
      action: { command: "restart", label: "Reload lines" },
    };
  }
  if (connection.name === "server-ended") {
    return { title: "The server stopped", text: "The page reconnects automatically when it is back.", action: RETRY };
  }
  if (connection.name === "reconnecting" && absent) return absentNotice(absent);
  if (connection.name === "reconnecting") {
    const text = "Reconnecting automatically. Lines written meanwhile will follow.";
    return { title: "Connection lost", text, action: RETRY };
  }
  if (sourcesError === "unreachable" && sources === null) {
    return { title: "No connection", text: "The server cannot be reached. Retrying automatically.", action: RETRY };
  }
  return null;
}

/**
 * @param {PaneSituation} situation
 * @returns {Notice | null}
 */
function emptyNotice({ connection, sources, chosen, filtered, counting, absent, hosts = 0 }) {
  if (sources === null) return null;
  if (sources.length + hosts === 0 && chosen.length === 0) {
    return {
      title: "No sources yet",
      text: "None of the given paths exists yet. A file appears here as soon as it is created.",
    };
  }
  if (chosen.length === 0) {
    return {
      title: "No source selected",
      text: `${hosts > 0 ? "Open a host. " : ""}Click a name to show one source. Check several to show them together.`,
      action: { command: "sources", label: "Sources" },
    };
  }
  if (absent) return absentNotice(absent);
  if (filtered && counting) return { title: "Searching\u2026", text: "No matches yet." };
  if (filtered) {
    return {
      title: "No matches",
      text: "No line matches the filters. New matching lines appear here.",
      action: { command: "clear-filter", label: "Clear filters" },
    };
  }
  if (connection.name === "ended") return { title: "No lines", text: "The stream ended without lines." };
  return connection.name === "live" ? waitingNotice(sources.filter(({ id }) => chosen.includes(id))) : null;
}

/**
 * @param {string} absent see `absentText`
 * @returns {Notice}
 */
function absentNotice(absent) {
  const [title, text] = absent.split("; ");
  return { title, text: `${text[0].toUpperCase()}${text.slice(1)}.` };
}

/**
 * @param {readonly {name: string, state: string, reason?: string | null}[]} shown
 * @returns {Notice}
 */
function waitingNotice(shown) {
  if (shown.length !== 1) return { title: "No lines yet", text: "Lines appear here as they are written." };
  const [{ name, state, reason }] = shown;
  if (state === "missing")
    return { title: `${name} is missing`, text: "Lines appear here as soon as it is created." };
  if (state === "unreadable") {
    const detail = reason ? `Reason: ${reason}. ` : "";
    return { title: `${name} cannot be read`, text: `${detail}Lines appear here once it is readable.` };
  }
  if (reason) return { title: `${name} has no lines`, text: reason };
  return { title: "No lines yet", text: `${name} is empty. Lines appear here as they are written.` };
}
