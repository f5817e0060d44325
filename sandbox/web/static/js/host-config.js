// @ts-check
/**
 * How Teams draws cards. Colours are the style sheet's variables, so that light and dark need no drawing again.
 */

/** @param {string} name */
const color = (name) => `var(--card-${name})`;

/** @param {string} name @param {string} [subtle] */
const pair = (name, subtle = name) => ({ default: color(name), subtle: color(subtle) });

/** @param {string} background */
const container = (background) => ({
  backgroundColor: color(background),
  foregroundColors: {
    default: pair("text", "subtle"),
    accent: pair("accent"),
    good: pair("good"),
    warning: pair("warning"),
    attention: pair("attention"),
    dark: pair("text", "subtle"),
    light: pair("subtle"),
  },
});

export const HOST_CONFIG = {
  fontFamily: "inherit",
  fontSizes: { small: 12, default: 14, medium: 16, large: 18, extraLarge: 24 },
  fontWeights: { lighter: 300, default: 400, bolder: 600 },
  lineHeights: { small: 16, default: 20, medium: 22, large: 24, extraLarge: 32 },
  imageSizes: { small: 32, medium: 52, large: 100 },
  spacing: { small: 6, default: 8, medium: 12, large: 16, extraLarge: 24, padding: 16 },
  separator: { lineThickness: 1, lineColor: color("line") },
  supportsInteractivity: true,
  containerStyles: {
    default: container("surface"),
    emphasis: container("emphasis"),
    good: container("good-box"),
    warning: container("warning-box"),
    attention: container("attention-box"),
    accent: container("accent-box"),
  },
  actions: {
    maxActions: 6,
    buttonSpacing: 8,
    actionsOrientation: "horizontal",
    actionAlignment: "left",
    spacing: "medium",
    showCard: { actionMode: "inline" },
  },
  inputs: {
    label: {
      inputSpacing: "small",
      requiredInputs: { size: "default", weight: "bolder", suffix: " *", suffixColor: "attention" },
      optionalInputs: { size: "default", weight: "bolder" },
    },
    errorMessage: { color: "attention", size: "small" },
  },
  factSet: {
    title: { color: "default", isSubtle: true, weight: "default", wrap: true, maxWidth: 150 },
    value: { color: "default", weight: "default", wrap: true },
    spacing: 12,
  },
};
