/** Pictures as files and as pixels, by the browser's own codecs. */

import type { Picture } from "./pixels";

/** Side of a kept face at most: lossless up to here in the project file. */
export const KEPT_SIDE = 128;

let canvas: OffscreenCanvas | null = null;

/** Pixels of a bitmap, RGBA; it is closed. */
export function pixels(bitmap: ImageBitmap): Picture {
  const { width, height } = bitmap;
  if (canvas?.width !== width || canvas.height !== height) canvas = new OffscreenCanvas(width, height);
  const brush = canvas.getContext("2d", { willReadFrequently: true })!;
  brush.drawImage(bitmap, 0, 0);
  bitmap.close();
  return { width, height, channels: 4, data: brush.getImageData(0, 0, width, height).data };
}

/** Decoded as it is, without a look at colour profiles. */
export async function decoded(file: Blob): Promise<Picture> {
  return pixels(await createImageBitmap(file, { colorSpaceConversion: "none", premultiplyAlpha: "none" }));
}

/** A PNG of a picture, RGB or grey. */
export async function png({ width, height, channels, data }: Picture): Promise<Blob> {
  const whole = new Uint8ClampedArray(width * height * 4).fill(255);
  for (let i = 0; i < width * height; i++)
    for (let c = 0; c < 3; c++) whole[4 * i + c] = data[i * channels + (channels === 1 ? 0 : c)]!;
  const own = new OffscreenCanvas(width, height);
  own.getContext("2d")!.putImageData(new ImageData(whole, width, height), 0, 0);
  return own.convertToBlob({ type: "image/png" });
}
