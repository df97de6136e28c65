/** A colour for each label: the seven have their own, taught ones get one by their name. */

const KNOWN: Record<string, string> = {
  angry: "angry",
  disgust: "disgust",
  fear: "fear",
  happy: "happy",
  sad: "sad",
  surprise: "surprise",
  neutral: "neutral",
  uncertain: "neutral",
};
const OTHERS = 4;

/** Name of the CSS variable. */
function variable(label: string): string {
  if (label in KNOWN) return `--label-${KNOWN[label]}`;
  let hash = 0;
  for (const letter of label) hash = (hash * 31 + letter.codePointAt(0)!) >>> 0;
  return `--label-other-${hash % OTHERS}`;
}

/** As a CSS value. */
export const colour = (label: string): string => `var(${variable(label)})`;

/** For the canvas, which does not look into other fonts for a coloured glyph by itself. */
export const EMOJI_FONT = '"Apple Color Emoji", "Segoe UI Emoji", "Noto Color Emoji", "fer emoji", sans-serif';

/** As a colour that a canvas understands. */
export function canvasColour(label: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(variable(label)).trim();
}
