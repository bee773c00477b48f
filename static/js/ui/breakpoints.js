/** Media queries of layouts that scripts need too; the style sheets repeat the widths. */

/** The layout for phones: one column, the source list in a sheet. */
export const PHONE = "(max-width: 700px)";
/** The top bar has no room for the levels. */
export const LEVELS_BELOW_BAR = "(max-width: 900px)";
