/** The last minute of the face that the page speaks about, in bins of a quarter of a second. */

import { onMessage } from "./connection";
import { current } from "./faces";

export const SPAN = 60000;
export const BIN = 250;

export interface Bin {
  /** performance.now() / BIN, rounded down. */
  at: number;
  frames: number;
  /** Sum of the probability per label that was the best one. */
  sums: Map<string, number>;
  counts: Map<string, number>;
}

const bins: Bin[] = [];

/** The bins of the last minute, oldest first; quiet times have none. */
export const minute = (): readonly Bin[] => bins;

/** The label seen most often in a bin, and its mean confidence; null without a face. */
export function leader(bin: Bin): { label: string; confidence: number } | null {
  let best: { label: string; confidence: number } | null = null;
  let most = 0;
  for (const [label, count] of bin.counts) {
    if (count > most) {
      most = count;
      best = { label, confidence: bin.sums.get(label)! / count };
    }
  }
  return best;
}

/** Share of the minute's frames per label, the most frequent first; "" is: no face. */
export function shares(): [string, number][] {
  const counts = new Map<string, number>();
  let frames = 0;
  for (const bin of bins) {
    frames += bin.frames;
    let faces = 0;
    for (const [label, count] of bin.counts) {
      counts.set(label, (counts.get(label) ?? 0) + count);
      faces += count;
    }
    counts.set("", (counts.get("") ?? 0) + bin.frames - faces);
  }
  return [...counts]
    .filter(([, count]) => count > 0)
    .map(([label, count]): [string, number] => [label, count / frames])
    .sort((a, b) => b[1] - a[1]);
}

onMessage((message) => {
  if (message.type !== "emotions") return;
  const at = Math.floor(performance.now() / BIN);
  let bin = bins.at(-1);
  if (bin?.at !== at) {
    bin = { at, frames: 0, sums: new Map(), counts: new Map() };
    bins.push(bin);
    while (bins[0]!.at < at - SPAN / BIN) bins.shift();
  }
  bin.frames += 1;
  const face = message.faces.find(({ id }) => id === current.peek()?.id) ?? message.faces[0];
  if (face === undefined) return;
  bin.sums.set(face.label, (bin.sums.get(face.label) ?? 0) + face.confidence);
  bin.counts.set(face.label, (bin.counts.get(face.label) ?? 0) + 1);
});
