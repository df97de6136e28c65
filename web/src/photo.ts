/** The photograph of the robot's picture with an emoticon on it; what is made here never goes to the node. */

import { request } from "./connection";
import type { Reading } from "./faces";
import { onFace, photographed } from "./photograph";

export type Place = "over" | "beside";

/** Ms for which a picture is waited for. */
const PATIENCE = 60000;

interface PhotoOptions {
  /** The face that gets the emoticon; null: it goes into a corner. */
  reading: Reading | null;
  emoticon: string;
  place: Place;
  mirrored: boolean;
}

/**
 * Null where the picture cannot be fetched.
 * @throws {Refusal} there is none, or no connection.
 */
export async function photograph({ reading, emoticon, place, mirrored }: PhotoOptions): Promise<Blob | null> {
  // Not the one on the screen: where the link is slow, that is a small one.
  const told = await request("photograph", { face: Math.max(0, reading?.id ?? 0) });
  const file = await fetch(String(told["url"]), { signal: AbortSignal.timeout(PATIENCE) });
  if (!file.ok) return null;
  const picture = await createImageBitmap(await file.blob());
  const { width, height } = picture;
  const box = told["box"] as [number, number, number, number] | null;
  const scale = width / Number(told["width"]);
  const [x, y, w, h] = (box ?? [0, 0, 0, 0]).map((value) => value * scale) as [number, number, number, number];
  const spot = box && reading && place === "over" ? onFace({ x, y, width: w, height: h }) : null;
  return photographed({ picture, width, height, mirrored, sign: emoticon, spot });
}
