/** Texts for hosts: state, problems, and the absent ones of a view. */

import { sanitize } from "./sanitize.js";
import { agoText } from "./words.js";

/** @typedef {"expected" | "here" | "absent" | "gone"} HostState */
/**
 * @typedef {object} Host
 * @property {string} name
 * @property {HostState} state
 * @property {string | null} version
 * @property {Record<string, string>} labels
 * @property {number} sources number of sources
 * @property {number | null} heard when it last reported, in epoch milliseconds
 * @property {number | null} clock how far its clock is ahead, in milliseconds; null below two seconds
 * @property {string | null} problem
 */

const MOST_NAMES = 2;

/**
 * Format the state of a host that is not here: "absent · 3 min"; empty for another one.
 * @param {Pick<Host, "state" | "heard">} host
 * @param {number} now epoch milliseconds
 */
export function hostStateText({ state, heard }, now) {
  if (state === "here") return "";
  if (state === "expected") return "not seen yet";
  return heard === null ? state : `${state} \u00b7 ${agoText(now - heard)}`;
}

/**
 * Explain the state of a host that is not here, for a tooltip.
 * @param {Pick<Host, "name" | "state" | "heard">} host
 */
export function hostStateTitle({ name, state, heard }) {
  const lastHeard = heard === null ? "" : `; last heard ${new Date(heard).toLocaleString()}`;
  const words = { here: "is here", expected: "was invited and has not come yet", absent: "is absent", gone: "has left" };
  return `${sanitize(name)} ${words[state] ?? state}${state === "here" ? "" : lastHeard}`;
}

/**
 * @param {Pick<Host, "version" | "clock" | "problem">} host
 * @param {string} hubVersion
 * @returns {string[]} the problems of a host
 */
export function hostProblems({ version, clock, problem }, hubVersion) {
  return [
    problem ? sanitize(problem) : "",
    clock === null ? "" : `clock ${durationText(Math.abs(clock))} ${clock > 0 ? "ahead" : "behind"}`,
    version === null || version === hubVersion ? "" : `logviewer ${sanitize(version)}; the hub has ${hubVersion}`,
  ].filter(Boolean);
}

/**
 * Name the hosts of a view that are away; null without any.
 * @param {readonly string[]} names
 */
export function absentText(names) {
  if (names.length === 0) return null;
  if (names.length === 1) return `${sanitize(names[0])} is absent; its lines follow when it is back`;
  const named = names.length > MOST_NAMES ? `${names.length} hosts` : names.map(sanitize).join(" and ");
  return `${named} are absent; their lines follow when they are back`;
}

/** @param {number} milliseconds */
function durationText(milliseconds) {
  const seconds = Math.round(milliseconds / 1000);
  if (seconds < 120) return `${seconds} s`;
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}
