/** Flatten, dense with ReLU, dense with softmax, by Adam: the head of the webcam paper of 2023; see `perceptron.py`. */

import type { Rows } from "./features";

/** As the robot's head `dense` calls them. */
export interface Settings {
  epochs: number;
  /** Of Adam. */
  learning_rate: number;
  /** Faces of one step, as a share of the training data. */
  batch_fraction: number;
  hidden_units: number;
}

/** The paper's. */
export const PAPER: Settings = { epochs: 40, learning_rate: 1e-4, batch_fraction: 0.05, hidden_units: 200 };

export interface Layer {
  kernel: Float32Array;
  bias: Float32Array;
  inputs: number;
  outputs: number;
}

export interface Epoch {
  loss: number;
  accuracy: number;
  valLoss: number;
  valAccuracy: number;
}

const [BETA1, BETA2, EPSILON] = [0.9, 0.999, 1e-7];

/** Even random numbers, 0 to 1; the same for the same seed (mulberry32). */
export function random(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export function layer(inputs: number, outputs: number, next: () => number): Layer {
  const limit = Math.sqrt(6 / (inputs + outputs));
  const kernel = Float32Array.from({ length: inputs * outputs }, () => (2 * next() - 1) * limit);
  return { kernel, bias: new Float32Array(outputs), inputs, outputs };
}

interface Moments {
  m: Float32Array;
  v: Float32Array;
}

const moments = (size: number): Moments => ({ m: new Float32Array(size), v: new Float32Array(size) });

export class Perceptron {
  private steps = 0;
  private readonly state: { kernel: Moments; bias: Moments }[];

  constructor(readonly layers: [Layer, Layer]) {
    this.state = layers.map(({ kernel, bias }) => ({ kernel: moments(kernel.length), bias: moments(bias.length) }));
  }

  /** Summed loss and right answers of some faces. */
  score(x: Rows, targets: number[], faces: number[]): [number, number] {
    const { out } = this.forward(x, faces);
    return judge(out, targets, faces, this.layers[1].outputs);
  }

  /** One step of Adam; returns the summed loss and the right answers before it. */
  step(x: Rows, targets: number[], faces: number[], rate: number): [number, number] {
    this.steps++;
    const [first, second] = this.layers;
    const { hidden, out } = this.forward(x, faces);
    const found = judge(out, targets, faces, second.outputs);
    const delta = out; // probabilities become the gradient at the output
    faces.forEach((face, n) => (delta[n * second.outputs + targets[face]!]! -= 1));
    for (let i = 0; i < delta.length; i++) delta[i]! /= faces.length;
    const below = new Float32Array(faces.length * first.outputs);
    for (let n = 0; n < faces.length; n++)
      for (let h = 0; h < first.outputs; h++) {
        if (hidden[n * first.outputs + h]! <= 0) continue;
        let sum = 0;
        for (let o = 0; o < second.outputs; o++)
          sum += delta[n * second.outputs + o]! * second.kernel[h * second.outputs + o]!;
        below[n * first.outputs + h] = sum;
      }
    const positions = faces.map((_, n) => n);
    this.descend(1, { count: faces.length, width: first.outputs, data: hidden }, positions, delta, rate);
    this.descend(0, x, faces, below, rate);
    return found;
  }

  private forward(x: Rows, faces: number[]): { hidden: Float32Array; out: Float32Array } {
    const [first, second] = this.layers;
    const hidden = multiply(x, faces, first);
    for (let i = 0; i < hidden.length; i++) if (hidden[i]! < 0) hidden[i] = 0;
    const positions = faces.map((_, n) => n);
    const out = multiply({ count: faces.length, width: first.outputs, data: hidden }, positions, second);
    for (let n = 0; n < faces.length; n++) softmaxAt(out, n * second.outputs, second.outputs);
    return { hidden, out };
  }

  private descend(at: 0 | 1, x: Rows, faces: number[], delta: Float32Array, rate: number): void {
    const { kernel, bias, inputs, outputs } = this.layers[at];
    const state = this.state[at]!;
    const correction = Math.sqrt(1 - BETA2 ** this.steps) / (1 - BETA1 ** this.steps);
    const adam = (value: Float32Array, { m, v }: Moments, gradient: Float32Array, from: number) => {
      for (let i = 0; i < gradient.length; i++) {
        const g = gradient[i]!;
        const one = (m[from + i] = BETA1 * m[from + i]! + (1 - BETA1) * g);
        const two = (v[from + i] = BETA2 * v[from + i]! + (1 - BETA2) * g * g);
        value[from + i]! -= (rate * correction * one) / (Math.sqrt(two) + EPSILON);
      }
    };
    const gradient = new Float32Array(outputs);
    for (let i = 0; i < inputs; i++) {
      gradient.fill(0);
      for (let n = 0; n < faces.length; n++) {
        const value = x.data[faces[n]! * x.width + i]!;
        if (value === 0) continue;
        const row = n * outputs;
        for (let o = 0; o < outputs; o++) gradient[o]! += value * delta[row + o]!;
      }
      adam(kernel, state.kernel, gradient, i * outputs);
    }
    gradient.fill(0);
    for (let n = 0; n < faces.length; n++) for (let o = 0; o < outputs; o++) gradient[o]! += delta[n * outputs + o]!;
    adam(bias, state.bias, gradient, 0);
  }
}

/** x · kernel + bias of some rows; inputs that are 0, as many are after a ReLU, cost nothing. */
function multiply(x: Rows, faces: number[], { kernel, bias, inputs, outputs }: Layer): Float32Array {
  const out = new Float32Array(faces.length * outputs);
  faces.forEach((face, n) => {
    const row = out.subarray(n * outputs, (n + 1) * outputs);
    row.set(bias);
    for (let i = 0; i < inputs; i++) {
      const value = x.data[face * x.width + i]!;
      if (value === 0) continue;
      for (let o = 0, at = i * outputs; o < outputs; o++, at++) row[o]! += value * kernel[at]!;
    }
  });
  return out;
}

function softmaxAt(values: Float32Array, from: number, size: number): void {
  let [top, sum] = [-Infinity, 0];
  for (let i = from; i < from + size; i++) top = Math.max(top, values[i]!);
  for (let i = from; i < from + size; i++) sum += values[i] = Math.exp(values[i]! - top);
  for (let i = from; i < from + size; i++) values[i]! /= sum;
}

function judge(out: Float32Array, targets: number[], faces: number[], labels: number): [number, number] {
  let [loss, right] = [0, 0];
  faces.forEach((face, n) => {
    const row = out.subarray(n * labels, (n + 1) * labels);
    const target = targets[face]!;
    loss -= Math.log(Math.max(row[target]!, EPSILON));
    if (row.every((value) => value <= row[target]!)) right++;
  });
  return [loss, right];
}

/** Train; `told` hears of each epoch, and ends it by an error. */
export async function fit(
  network: Perceptron,
  x: Rows,
  targets: number[],
  training: number[],
  validation: number[],
  settings: Settings,
  next: () => number,
  told: (epoch: Epoch) => Promise<void>,
): Promise<void> {
  const size = Math.max(1, Math.ceil(settings.batch_fraction * training.length));
  const order = [...training];
  for (let epoch = 1; epoch <= settings.epochs; epoch++) {
    for (let i = order.length - 1; i > 0; i--) {
      const other = Math.floor(next() * (i + 1));
      [order[i], order[other]] = [order[other]!, order[i]!];
    }
    let [loss, right] = [0, 0];
    for (let from = 0; from < order.length; from += size) {
      const [cost, hits] = network.step(x, targets, order.slice(from, from + size), settings.learning_rate);
      [loss, right] = [loss + cost, right + hits];
    }
    const [valLoss, valRight] = validation.length ? network.score(x, targets, validation) : [NaN, NaN];
    const share = validation.length || 1;
    const [l, a] = [loss / order.length, right / order.length];
    await told({ loss: l, accuracy: a, valLoss: valLoss / share, valAccuracy: valRight / share });
  }
}
