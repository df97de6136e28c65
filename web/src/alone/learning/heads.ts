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

const ANSWERS: Record<string, { answer: Answer; arrays: string[] }> = {
  linear: {
    arrays: ["kernel", "bias"],
    answer: (a, maps, at) =>
      softmax(dense(pooled(row(maps.embeddings, at), maps.channels), a["kernel"]!, data(a, "bias"))),
  },
  dense: {
    arrays: ["kernel1", "bias1", "kernel2", "bias2"],
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
  },
  ridge: {
    arrays: [
      ...["mean", "scale", "kernel", "prior", "base", "temperature", "known", "gate"],
      ...["general", "general_kernel", "general_bias"],
    ],
    answer: ridge,
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

/** @throws Refused: a head that this page does not run, or a damaged one. */
export async function openHead(plugin: string, labels: string[], file: Uint8Array): Promise<Head> {
  const known = ANSWERS[plugin];
  if (!known) throw new Refused("file_head", plugin);
  const arrays = await readNpz(file);
  for (const name of known.arrays) {
    const found = arrays[name];
    if (!found || !found.data.every(Number.isFinite)) throw new Refused("file_damaged", name);
  }
  return { plugin, labels, arrays };
}

/** Numbers of a face in its maps. */
export interface Sizes {
  embedding: number;
  finer: number;
  channels: number;
}

/** Whether a head takes what a backbone gives. */
export function fits({ plugin, arrays }: Head, { embedding, finer, channels }: Sizes): boolean {
  const inputs = (name: string) => arrays[name]!.shape[0];
  if (plugin === "linear") return inputs("kernel") === channels;
  if (plugin === "dense") return inputs("kernel1") === embedding;
  return inputs("mean") === (finer || embedding) && inputs("general_kernel") === channels;
}

/** Rows of probabilities, one a face. */
export function answers(head: Head, maps: Maps): Float32Array[] {
  const { answer } = ANSWERS[head.plugin]!;
  return Array.from({ length: maps.embeddings.count }, (_, at) => answer(head.arrays, maps, at));
}
