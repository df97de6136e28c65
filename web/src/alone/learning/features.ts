/** What heads make of a face's maps: pooling, unit features, softmax; as `core/vision/likeness.py` and `softmax.py`. */

import type { Matrix } from "../files/npz";

/** Rows of numbers, one a face. */
export interface Rows {
  count: number;
  width: number;
  data: Float32Array;
}

/** What the backbone gives for faces: the embedding (places × channels), and the finer map, of width 0 without one. */
export interface Maps {
  embeddings: Rows;
  finer: Rows;
  channels: number;
}

const CLIP = 6;

export const rows = (count: number, width: number): Rows => ({ count, width, data: new Float32Array(count * width) });
export const row = (of: Rows, at: number): Float32Array => of.data.subarray(at * of.width, (at + 1) * of.width);

/** In place. */
export function softmax(values: Float32Array): Float32Array {
  const top = values.reduce((most, value) => Math.max(most, value), -Infinity);
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] = Math.exp(values[i]! - top);
  for (let i = 0; i < values.length; i++) values[i]! /= sum;
  return values;
}

/** x · kernel + bias, for one face. */
export function dense(x: ArrayLike<number>, kernel: Matrix, bias: ArrayLike<number>): Float32Array {
  const outputs = kernel.shape[1]!;
  const sums = Float64Array.from(bias);
  for (let i = 0; i < x.length; i++) {
    const value = x[i]!;
    if (value !== 0) for (let j = 0; j < outputs; j++) sums[j]! += value * kernel.data[i * outputs + j]!;
  }
  return Float32Array.from(sums);
}

/** The mean over the places of an embedding. */
export function pooled(embedding: Float32Array, channels: number): Float32Array {
  const sums = new Float64Array(channels);
  for (let i = 0; i < embedding.length; i++) sums[i % channels]! += embedding[i]!;
  return Float32Array.from(sums, (sum) => sum / (embedding.length / channels));
}

export const finest = (maps: Maps): Rows => (maps.finer.width ? maps.finer : maps.embeddings);

/** Of length 1: how far each value is from the usual, in deviations. */
export function unit(values: Float32Array, mean: Float32Array, deviation: Float32Array): Float32Array {
  const out = new Float32Array(values.length);
  let squares = 0;
  for (let i = 0; i < values.length; i++) {
    const value = Math.min(Math.max((values[i]! - mean[i]!) / deviation[i]!, -CLIP), CLIP);
    out[i] = value;
    squares += value * value;
  }
  const length = Math.max(Math.sqrt(squares), 1e-6);
  for (let i = 0; i < out.length; i++) out[i]! /= length;
  return out;
}

/** The general linear head's probabilities, 0 for labels that it lacks. */
export function generalAnswer(mean: Float32Array, kernel: Matrix, bias: Float32Array, has: Float32Array): Float32Array {
  const logits = dense(mean, kernel, bias);
  const known = [...has.keys()].filter((label) => has[label]! > 0);
  const chosen = softmax(Float32Array.from(known, (label) => logits[label]!));
  const out = new Float32Array(has.length);
  known.forEach((label, at) => (out[label] = chosen[at]!));
  return out;
}

/** Share of what was taught in the answer: 0 up to `low`, 1 from `high` on, smooth between. */
export function gate(likeness: number, low: number, high: number): number {
  const t = Math.min(Math.max((likeness - low) / Math.max(high - low, 1e-6), 0), 1);
  return t * t * (3 - 2 * t);
}
