/** A photograph with an emoticon on it. */

import { EMOJI_FONT } from "./colours";

/** Where the emoticon goes: its centre and side, pixels of the picture before it is mirrored; null: into a corner. */
export type Spot = { x: number; y: number; side: number } | null;

/** Side of the emoticon over the longer side of the face's box. */
const OVER = 1.25;

export const onFace = (box: { x: number; y: number; width: number; height: number }): Spot => ({
  x: box.x + box.width / 2,
  y: box.y + box.height / 2,
  side: OVER * Math.max(box.width, box.height),
});

interface Photograph {
  picture: CanvasImageSource;
  width: number;
  height: number;
  mirrored: boolean;
  sign: string;
  spot: Spot;
}

export function photographed({ picture, width, height, mirrored, sign, spot }: Photograph): Promise<Blob | null> {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [width, height];
  const brush = canvas.getContext("2d")!;
  if (mirrored) brush.setTransform(-1, 0, 0, 1, width, 0);
  brush.drawImage(picture, 0, 0, width, height);
  brush.resetTransform();
  const corner = 0.26 * Math.min(width, height);
  const side = spot?.side ?? corner;
  const x = spot ? (mirrored ? width - spot.x : spot.x) : width - 0.7 * corner;
  const y = spot?.y ?? height - 0.7 * corner;
  brush.textAlign = "center";
  brush.textBaseline = "middle";
  // The ink of an emoji is measured, since fonts place it differently in its line.
  brush.font = `${side}px ${EMOJI_FONT}`;
  const ink = brush.measureText(sign);
  const tall = ink.actualBoundingBoxAscent + ink.actualBoundingBoxDescent;
  const wide = ink.actualBoundingBoxLeft + ink.actualBoundingBoxRight;
  const fit = side / Math.max(tall, wide, 1);
  brush.font = `${side * fit}px ${EMOJI_FONT}`;
  const shift = ((ink.actualBoundingBoxAscent - ink.actualBoundingBoxDescent) / 2) * fit;
  brush.fillText(sign, x, y + shift);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}
