/**
 * Converts terminal styles to CSS. Colors of the log are adjusted towards black or white to reach a contrast of 4.5
 * on plain, tinted and hovered rows of both themes.
 */

import { FLAGS } from "./ansi.js";

/** @typedef {import("./ansi.js").Color} Color */
/** @typedef {import("./ansi.js").Style} Style */
/**
 * @typedef {{classes: string, fg: string | null, bg: string | null}} CssStyle classes from a fixed set, and CSS
 *   colors
 */
/** @typedef {[red: number, green: number, blue: number]} Channels 0 to 255 */

const CONTRAST = 4.5;
// The row background with the strongest tint in each theme.
export const LIGHT_GROUND = "#dfe4e4";
export const DARK_GROUND = "#2a2a2a";
/** The named colors as backgrounds, equal in both themes. */
const BACKGROUNDS = (
  "#16191b #b3261e #2c8a2a #c9a227 #2766c4 #a23aa8 #16858f #c9d1d3 " +
  "#5c676c #e0483c #4fb84b #ead04f #5a93e6 #cf6ad4 #3fbac6 #ffffff"
).split(" ");
const MAX_CACHED = 2_000;

/** @type {Map<string, string>} */
const cache = new Map();

const NONE = { fg: null, bg: null };

/** @param {Style} style @returns {CssStyle} */
export function styleToCss(style) {
  const classes = ["bold", "italic", "underline", "strike"].filter((name) => hasFlag(style, name));
  const inverse = hasFlag(style, "inverse");
  if (inverse && style.fg === null && style.bg === null) return { classes: [...classes, "inverse"].join(" "), ...NONE };
  const fg = inverse ? style.bg : style.fg;
  const bg = inverse ? (style.fg ?? 7) : style.bg;
  if (bg !== null) return { classes: [...classes, "fg", "bg"].join(" "), ...onBackground(fg, toHex(bg)) };
  if (fg === null && hasFlag(style, "dim")) classes.push("dim");
  if (typeof fg === "number") classes.push(`fg-${fg}`);
  if (typeof fg !== "string") return { classes: classes.join(" "), ...NONE };
  return { classes: [...classes, "fg"].join(" "), fg: onBothThemes(fg), bg: null };
}

/**
 * @param {Style} style
 * @param {string} name
 */
function hasFlag(style, name) {
  return (style.flags & FLAGS[/** @type {keyof typeof FLAGS} */ (name)]) !== 0;
}

/** @param {Color} color */
function toHex(color) {
  return typeof color === "number" ? BACKGROUNDS[color] : color;
}

/**
 * @param {Color | null} fg
 * @param {string} bg
 */
function onBackground(fg, bg) {
  return { fg: fg === null ? blackOrWhite(bg) : readableColor(toHex(fg), bg), bg };
}

/** @param {string} color */
function onBothThemes(color) {
  return `light-dark(${readableColor(color, LIGHT_GROUND)}, ${readableColor(color, DARK_GROUND)})`;
}

/**
 * Return the color, or the nearest color towards black or white that is readable on the background.
 * @param {string} color "#rrggbb"
 * @param {string} ground "#rrggbb"
 * @returns {string} "#rrggbb"
 */
export function readableColor(color, ground) {
  const key = color + ground;
  const cached = cache.get(key);
  if (cached !== undefined) return cached;
  if (cache.size >= MAX_CACHED) cache.clear();
  const adjustedColor = adjusted(color, ground);
  cache.set(key, adjustedColor);
  return adjustedColor;
}

/**
 * @param {string} color
 * @param {string} ground
 */
function adjusted(color, ground) {
  if (contrast(color, ground) >= CONTRAST) return color;
  const target = blackOrWhite(ground) === "#000000" ? 0 : 255;
  let [low, high] = [0, 1];
  for (let step = 0; step < 8; step += 1) {
    const middle = (low + high) / 2;
    if (contrast(mixed(color, target, middle), ground) >= CONTRAST) high = middle;
    else low = middle;
  }
  return mixed(color, target, high);
}

/** @param {string} ground @returns {string} black or white: the color with more contrast */
function blackOrWhite(ground) {
  return contrast("#000000", ground) > contrast("#ffffff", ground) ? "#000000" : "#ffffff";
}

/**
 * @param {string} color
 * @param {number} target
 * @param {number} share
 */
function mixed(color, target, share) {
  const code = channels(color).reduce((sum, value) => sum * 256 + Math.round(value + (target - value) * share), 1);
  return `#${code.toString(16).slice(1)}`;
}

/**
 * Contrast ratio as defined by WCAG, from 1 to 21.
 * @param {string} one "#rrggbb"
 * @param {string} other "#rrggbb"
 */
export function contrast(one, other) {
  const [dark, light] = [luminance(one), luminance(other)].sort((low, high) => low - high);
  return (light + 0.05) / (dark + 0.05);
}

/** @param {string} color */
function luminance(color) {
  const [red, green, blue] = channels(color).map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** @param {string} color @returns {Channels} */
function channels(color) {
  const code = Number.parseInt(color.slice(1), 16);
  return [code >> 16, (code >> 8) & 255, code & 255];
}
