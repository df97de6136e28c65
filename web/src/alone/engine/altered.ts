/** Copies of a crop, mirrored, shifted and lit differently, as `core/training/augment.py` makes them for few faces. */

import type { Picture } from "./pixels";

const [SHIFT, LIGHT] = [0.06, 0.25];
/** Altered copies of each face: at most so many, and so many faces with them. */
const [COPIES, FACES] = [24, 600];

export const copiesOf = (faces: number): number => Math.min(COPIES, Math.floor(FACES / Math.max(faces, 1)));

export function altered({ width, height, channels, data }: Picture, next: () => number): Picture {
  const even = (reach: number) => (2 * next() - 1) * reach;
  const mirror = next() < 0.5;
  const [tx, ty] = [even(SHIFT) * width, even(SHIFT) * height];
  const contrast = 1 + even(LIGHT);
  const brightness = even(LIGHT * 80);
  const at = (x: number, y: number, c: number) => {
    const column = Math.min(Math.max(x, 0), width - 1);
    return data[(Math.min(Math.max(y, 0), height - 1) * width + column) * channels + c]!;
  };
  const out = new Uint8ClampedArray(data.length);
  for (let y = 0, to = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const [sx, sy] = [(mirror ? width - 1 - x : x) - tx, y - ty];
      const [x0, y0] = [Math.floor(sx), Math.floor(sy)];
      const [a, b] = [sx - x0, sy - y0];
      for (let c = 0; c < channels; c++) {
        const upper = (1 - a) * at(x0, y0, c) + a * at(x0 + 1, y0, c);
        const lower = (1 - a) * at(x0, y0 + 1, c) + a * at(x0 + 1, y0 + 1, c);
        out[to++] = Math.round(((1 - b) * upper + b * lower) * contrast + brightness);
      }
    }
  return { width, height, channels, data: out };
}
