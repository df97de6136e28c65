/** The photograph of the robot's picture with an emoticon on it; it never goes to the node. */

import { face, type Reading } from "./faces";
import { onFace, photographed, type Spot } from "./photograph";
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
export async function photograph({ reading, emoticon, place, mirrored }: PhotoOptions): Promise<Blob | null> {
  const picture = snapshot();
  const whole = size.peek();
  if (picture === null || whole === null) return null;
  const { width, height } = picture;
  const shown = place === "over" && reading ? face(reading.id) : undefined;
  return photographed({ picture, width, height, mirrored, sign: emoticon, spot: spot(shown?.box, width / whole.width) });
}

function spot(box: readonly number[] | undefined, scale: number): Spot {
  if (!box) return null;
  const [x, y, width, height] = box.map((value) => value * scale) as [number, number, number, number];
  return onFace({ x, y, width, height });
}
