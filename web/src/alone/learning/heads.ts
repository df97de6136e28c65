/** The heads that this page runs, from the same `.npz` files as on the robot: linear, ridge, dense. */

import { readNpz, type Arrays, type Matrix } from "../files/npz";
import { Refused } from "../refused";
import { dense, finest, gate, generalAnswer, pooled, row, softmax, unit, type Maps } from "./features";

export interface Head {
  plugin: string;
  labels: string[];
  arrays: Arrays;
}

/** Probabilities of one face. */
type Answer = (arrays: Arrays, maps: Maps, at: number) => Float32Array;

const data = (arrays: Arrays, name: string): Float32Array => arrays[name]!.data;

/** null: any length. */
type Shapes = Record<string, (number | null)[]>;

/** What answers, and the shapes of its arrays for so many labels; as `plugins/heads/*.py` on the robot. */
interface Plugin {
  answer: Answer;
  shapes: (sizes: Sizes, labels: number, arrays: Arrays) => Shapes;
}

const PLUGINS: Record<string, Plugin> = {
  linear: {
    answer: (a, maps, at) =>
      softmax(dense(pooled(row(maps.embeddings, at), maps.channels), a["kernel"]!, data(a, "bias"))),
    shapes: ({ channels }, labels) => ({ kernel: [channels, labels], bias: [labels] }),
  },
  dense: {
    answer: (a, maps, at) => {
      const hidden = dense(row(maps.embeddings, at), a["kernel1"]!, data(a, "bias1"));
      return softmax(
        dense(
          hidden.map((value) => Math.max(value, 0)),
          a["kernel2"]!,
          data(a, "bias2"),
        ),
      );
    },
    shapes: ({ embedding }, labels, { bias1 }) => {
      const hidden = bias1?.data.length ?? null;
      return { kernel1: [embedding, hidden], bias1: [hidden], kernel2: [hidden, labels], bias2: [labels] };
    },
  },
  ridge: {
    answer: ridge,
    shapes: ({ embedding, finer, channels }, labels) => {
      const values = finer || embedding;
      return {
        ...{ mean: [values], scale: [values], kernel: [values, labels], prior: [labels], base: [labels] },
        ...{ temperature: [1], known: [null, values], gate: [2] },
        ...{ general: [labels], general_kernel: [channels, labels], general_bias: [labels] },
      };
    },
  },
};

function ridge(a: Arrays, maps: Maps, at: number): Float32Array {
  const x = unit(row(finest(maps), at), data(a, "mean"), data(a, "scale"));
  const has = data(a, "general");
  const mean = pooled(row(maps.embeddings, at), maps.channels);
  const general = generalAnswer(mean, a["general_kernel"]!, data(a, "general_bias"), has);
  const [prior, base] = [data(a, "prior"), data(a, "base")];
  const scores = dense(x, a["kernel"]!, base);
  const heat = data(a, "temperature")[0]!;
  const taught = softmax(scores.map((score, label) => heat * (score + prior[label]! * general[label]!)));
  if (!has.some((one) => one > 0)) return taught;
  const [low, high] = data(a, "gate") as unknown as [number, number];
  const share = gate(likeness(x, a["known"]!), low, high);
  return taught.map((value, label) => share * value + (1 - share) * general[label]!);
}

function likeness(x: Float32Array, known: Matrix): number {
  let most = -Infinity;
  for (let face = 0; face < known.shape[0]!; face++) {
    let sum = 0;
    for (let i = 0, at = face * x.length; i < x.length; i++) sum += x[i]! * known.data[at + i]!;
    most = Math.max(most, sum);
  }
  return most;
}

/** Numbers of a face in its maps. */
export interface Sizes {
  embedding: number;
  finer: number;
  channels: number;
}

/** @throws Refused: a head that this page does not run, a damaged one, one of another network or of other labels. */
export async function openHead(plugin: string, labels: string[], file: Uint8Array, sizes: Sizes): Promise<Head> {
  const known = PLUGINS[plugin];
  if (!known) throw new Refused("file_head", plugin);
  const arrays = await readNpz(file);
  for (const [name, wanted] of Object.entries(known.shapes(sizes, labels.length, arrays))) {
    const found = arrays[name];
    const fits = found?.shape.length === wanted.length && wanted.every((one, at) => one === null || one === found.shape[at]);
    if (!fits || !found.data.every(Number.isFinite)) throw new Refused("file_damaged", name);
  }
  return { plugin, labels, arrays };
}

/** Rows of probabilities, one a face. */
export function answers(head: Head, maps: Maps): Float32Array[] {
  const { answer } = PLUGINS[head.plugin]!;
  return Array.from({ length: maps.embeddings.count }, (_, at) => answer(head.arrays, maps, at));
}
