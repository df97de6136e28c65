/** Which taught samples are most like a face, by the embedding of the head; as `core/training/alike/samples.py`. */

import { finest, row, unit, type Maps, type Rows } from "./features";
import type { Head } from "./heads";

export interface Moment {
  take: number;
  /** Ms. */
  stamp: number;
}

/** Ms between two samples of one take that are both told: a film's pictures that follow each other are alike. */
const APART = 500;

const beside = (one: Moment, other: Moment): boolean =>
  one.take > 0 && one.take === other.take && Math.abs(one.stamp - other.stamp) < APART;

/** Mean and deviation of each value, the latter not too small. */
function spread(of: Rows): [Float32Array, Float32Array] {
  const mean = new Float32Array(of.width);
  const deviation = new Float32Array(of.width);
  for (let i = 0; i < of.data.length; i++) mean[i % of.width]! += of.data[i]! / of.count;
  for (let i = 0; i < of.data.length; i++)
    deviation[i % of.width]! += (of.data[i]! - mean[i % of.width]!) ** 2 / of.count;
  const found = deviation.map(Math.sqrt);
  const least = Math.max(1e-6, 0.3 * found.reduce((sum, value) => sum + value / of.width, 0));
  return [mean, found.map((value) => Math.max(value, least))];
}

/** Numbers of samples, the most alike first; of each moment of a take one. `face` has one row, `maps` one a sample. */
export function nearest(head: Head, face: Maps, maps: Maps, samples: Moment[], most: number): number[] {
  const { mean, scale } = head.plugin === "ridge" ? head.arrays : {};
  const of = (some: Maps): Rows => (mean ? finest(some) : some.embeddings);
  const [middle, width] = mean && scale ? [mean.data, scale.data] : spread(of(maps));
  const wanted = unit(row(of(face), 0), middle, width);
  const scores = samples.map((_, at) =>
    unit(row(of(maps), at), middle, width).reduce((sum, value, i) => sum + value * wanted[i]!, 0),
  );
  const chosen: number[] = [];
  for (const at of [...samples.keys()].sort((a, b) => scores[b]! - scores[a]!)) {
    if (!chosen.some((other) => beside(samples[at]!, samples[other]!))) chosen.push(at);
    if (chosen.length === most) break;
  }
  return chosen;
}
