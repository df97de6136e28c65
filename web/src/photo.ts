/** The photograph with the emoticon on it, as a file of this browser; it never goes to the node. */

import { EMOJI_FONT } from "./colours";
import { face, type Reading } from "./faces";
import { size, snapshot } from "./picture";

export type Place = "over" | "beside";

interface PhotoOptions {
  /** The face that gets the emoticon; null: it goes into a corner. */
  reading: Reading | null;
  emoticon: string;
  place: Place;
  mirrored: boolean;
}

/** Null where there is no picture. */
export async function photograph(options: PhotoOptions): Promise<Blob | null> {
  const picture = snapshot();
  const whole = size.peek();
  if (picture === null || whole === null) return null;
  const canvas = document.createElement("canvas");
  canvas.width = picture.width;
  canvas.height = picture.height;
  const brush = canvas.getContext("2d")!;
  brush.save();
  if (options.mirrored) {
    brush.translate(canvas.width, 0);
    brush.scale(-1, 1);
  }
  brush.drawImage(picture, 0, 0);
  brush.restore();
  const { x, y, side } = where(options, whole, canvas.width / whole.width, canvas);
  brush.textAlign = "center";
  brush.textBaseline = "middle";
  // The ink of an emoji is measured, since fonts place it differently in its line.
  brush.font = `${side}px ${EMOJI_FONT}`;
  const ink = brush.measureText(options.emoticon);
  const tall = ink.actualBoundingBoxAscent + ink.actualBoundingBoxDescent;
  const wide = ink.actualBoundingBoxLeft + ink.actualBoundingBoxRight;
  const fit = side / Math.max(tall, wide, 1);
  brush.font = `${side * fit}px ${EMOJI_FONT}`;
  const shift = ((ink.actualBoundingBoxAscent - ink.actualBoundingBoxDescent) / 2) * fit;
  brush.fillText(options.emoticon, x, y + shift);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}

/** Centre and side of the emoticon, pixels of the photograph. */
function where(options: PhotoOptions, whole: { width: number }, scale: number, canvas: HTMLCanvasElement) {
  const shown = options.reading ? face(options.reading.id) : undefined;
  if (shown === undefined || options.place === "beside") {
    const side = 0.26 * Math.min(canvas.width, canvas.height);
    return { x: canvas.width - 0.7 * side, y: canvas.height - 0.7 * side, side };
  }
  const [left, top, width, height] = shown.box;
  const x = options.mirrored ? whole.width - left - width / 2 : left + width / 2;
  return { x: x * scale, y: (top + height / 2) * scale, side: 1.25 * Math.max(width, height) * scale };
}

export function save(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const anchor = document.createElement("a");
  anchor.href = url;
  anchor.download = name;
  anchor.click();
  window.setTimeout(() => URL.revokeObjectURL(url), 10000);
}
