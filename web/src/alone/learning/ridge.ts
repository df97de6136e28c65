/** Teaches the head `ridge` in closed form; see `core/training/fitting/ridge_fit.py` and `kernel_ridge.py`. */

import type { Arrays } from "../files/npz";
import { best, gram, mean, product, range, spread } from "./algebra";
import { byTheOthers, chosen, HEAT, HEATS, heldOut, leftOver, losses, regularInverse, type Problem, type Strength } from "./crossing";
import { finest, generalAnswer, pooled, row, unit, type Maps } from "./features";
import type { Head } from "./heads";

/** The faces of a training. Pictures come first, their altered copies after them. */
export interface Task {
  /** Those that are taught. */
  labels: string[];
  maps: Maps;
  targets: number[];
  /** Number of the fold that leaves a face out; -1: none does. */
  folds: number[];
  /** Whether the answer to a face counts. */
  measured: boolean[];
  pictures: number;
  /** The general model's head. */
  general: Head;
  /** Mean and deviation of each value of the finer map over many people; null where the model does not state them. */
  usual: { mean: Float32Array; scale: Float32Array } | null;
}

export interface Taught {
  head: Head;
  /** Probabilities of pictures by what the others taught; null: not measured. */
  heldOut: (Float32Array | null)[];
  facts: Record<string, string | number>;
}

const [PRIOR, MOST_COUNTED, PRIOR_KEEPING] = [0.7, 4, 1];
/** The copies of a picture count as so many pictures together, and none of them as more than one. */
const COPIES_COUNT = 2.4;
const PENALTIES = [0.1, 0.03, 0.3, 1];
const PRIORS = [0, 0.15, 0.3, 0.6];
const [GATE, GATE_SOME] = [
  [0.5, 0.7],
  [0.7, 0.85],
];
const KNOWN = 128;
const MOST_ROWS = 1000;
export function teach(task: Task): Taught {
  const kept = task.general.plugin === "linear" ? task.general.labels : [];
  const labels = [...task.labels, ...kept.filter((label) => !task.labels.includes(label))];
  const general = generalHead(task, labels);
  const chosenRows = thinned(task);
  const { mean: middle, scale } = task.usual ?? ownUsual(task);
  const values = finest(task.maps);
  const x = new Float32Array(chosenRows.length * values.width);
  chosenRows.forEach((at, to) => x.set(unit(row(values, at), middle, scale), to * values.width));
  const targets = chosenRows.map((at) => task.targets[at]!);
  const answers = chosenRows.map((at) =>
    generalAnswer(
      pooled(row(task.maps.embeddings, at), task.maps.channels),
      general.general_kernel!,
      general.general_bias!.data,
      general.general!.data,
    ),
  );
  const pictures = chosenRows.filter((at) => at < task.pictures).length;
  const copies = task.targets.length / task.pictures - 1;
  const each = copies ? Math.min(1, COPIES_COUNT / copies) : 1;
  const problem: Problem = {
    kernel: gram(x, chosenRows.length, values.width),
    labels: labels.length,
    targets,
    general: answers,
    weights: chosenRows.map((at) => (at < task.pictures ? 1 : each)),
    folds: chosenRows.map((at) => task.folds[at]!),
    measured: range(chosenRows.length).filter((at) => task.measured[chosenRows[at]!]),
  };
  const trusted = mean(range(pictures).map((at) => Number(best(answers[at]!) === targets[at])));
  const usualPrior = (PRIOR * trusted) / Math.min(Math.max(pictures / task.labels.length, 1), MOST_COUNTED);
  const has = general.general!.data;
  const candidates = strengths(task.labels.length, has, usualPrior);
  const scores = problem.measured.length ? heldOut(problem, candidates) : [];
  const truth = problem.measured.map((at) => targets[at]!);
  const costs = scores.map((one) => HEATS.map((factor) => losses(one, truth, HEAT * factor)));
  const [at, heat] = costs.length ? chosen(costs, range(truth.length)) : [0, HEAT];
  const strength = candidates[at]!;
  const coefficients = product(regularInverse(problem, strength.ridge), leftOver(problem, [strength]));
  const complete = task.labels.length === labels.length;
  const gates = task.usual && kept.length ? (complete ? GATE : GATE_SOME) : [-2, -1];
  const width = values.width;
  const kernel = new Float64Array(width * labels.length);
  coefficients.data.forEach((factor, place) => {
    const [face, label] = [Math.floor(place / labels.length), place % labels.length];
    for (let i = 0; i < width; i++) kernel[i * labels.length + label]! += factor * x[face * width + i]!;
  });
  const known = knownFaces(x, pictures, width);
  const vector = (numbers: ArrayLike<number>) => ({ shape: [numbers.length], data: Float32Array.from(numbers) });
  const arrays: Arrays = {
    mean: vector(middle),
    scale: vector(scale),
    kernel: { shape: [width, labels.length], data: Float32Array.from(kernel) },
    prior: vector(strength.prior),
    base: vector(strength.base),
    temperature: vector([heat]),
    known: { shape: [known.length / width, width], data: known },
    gate: vector(gates!),
    ...general,
  };
  return {
    head: { plugin: "ridge", labels, arrays },
    heldOut: byTheOthers(task.pictures, chosenRows, problem, scores, costs),
    facts: { penalty: strength.ridge, prior: strength.prior[0]!, temperature: heat, rows: chosenRows.length },
  };
}

/** The general head's columns for the labels of the new head. */
function generalHead(task: Task, labels: string[]): Arrays {
  const channels = task.maps.channels;
  const linear = task.general.plugin === "linear" ? task.general : null;
  const columns = labels.map((label) => linear?.labels.indexOf(label) ?? -1);
  const kernel = new Float32Array(channels * labels.length);
  columns.forEach((column, label) => {
    if (linear && column >= 0)
      for (let i = 0; i < channels; i++)
        kernel[i * labels.length + label] = linear.arrays["kernel"]!.data[i * linear.labels.length + column]!;
  });
  const bias = columns.map((column) => (linear && column >= 0 ? linear.arrays["bias"]!.data[column]! : 0));
  const size = [labels.length];
  return {
    general_kernel: { shape: [channels, labels.length], data: kernel },
    general_bias: { shape: size, data: Float32Array.from(bias) },
    general: { shape: size, data: Float32Array.from(columns, (column) => Number(column >= 0)) },
  };
}

function ownUsual(task: Task): { mean: Float32Array; scale: Float32Array } {
  const { count, width, data } = finest(task.maps);
  const [middle, deviation] = [new Float32Array(width), new Float32Array(width)];
  for (let i = 0; i < width; i++) {
    const column = range(count).map((at) => data[at * width + i]!);
    middle[i] = mean(column);
    deviation[i] = spread(column);
  }
  const least = Math.max(1e-6, 0.3 * mean(deviation));
  return { mean: middle, scale: deviation.map((value) => Math.max(value, least)) };
}

/** Rows to fit: all, or of more than a thousand the pictures, evenly, and of each label as many. */
function thinned(task: Task): number[] {
  if (task.targets.length <= MOST_ROWS) return range(task.targets.length);
  const share = Math.floor(MOST_ROWS / task.labels.length);
  const kept = task.labels.flatMap((_, label) => {
    const own = range(task.pictures).filter((at) => task.targets[at] === label);
    const count = Math.min(share, own.length);
    return range(count).map((at) => own[Math.floor((at * (own.length - 1)) / Math.max(count - 1, 1))]!);
  });
  return [...new Set(kept)].sort((a, b) => a - b);
}

function strengths(taught: number, has: Float32Array, usualPrior: number): Strength[] {
  const complete = taught === has.length;
  const some = has.some((one) => one > 0);
  const others = PRIORS.filter((value) => value !== usualPrior);
  const priors = !some ? [0] : complete ? [usualPrior, ...others] : [PRIOR_KEEPING];
  return priors.flatMap((weight) =>
    PENALTIES.map((ridge) => ({
      ridge,
      prior: Array.from(has, (_, label) => (label < taught ? weight : 1)),
      base: Array.from(has, (_, label) => (label < taught ? (1 - weight) / taught : 0)),
    })),
  );
}

/** Faces that stand for all: each next one is the one that is least like those before. */
function knownFaces(x: Float32Array, pictures: number, width: number): Float32Array {
  const to = (a: number, b: number) => {
    let sum = 0;
    for (let i = 0; i < width; i++) sum += x[a * width + i]! * x[b * width + i]!;
    return sum;
  };
  const found = [0];
  let likeness = range(pictures).map((at) => to(at, 0));
  while (found.length < Math.min(KNOWN, pictures)) {
    const next = best(likeness, -1);
    found.push(next);
    likeness = likeness.map((value, at) => Math.max(value, to(at, next)));
  }
  const out = new Float32Array(found.length * width);
  found.forEach((at, place) => out.set(x.subarray(at * width, (at + 1) * width), place * width));
  return out;
}
