/** The general model that everything starts from: its backbone, its head, and what is usual among many people. */

import { readNpz } from "../files/npz";
import type { Card } from "../files/project";
import type { Files } from "../files/zip";
import { rows, type Maps } from "../learning/features";
import { openHead, type Head, type Sizes } from "../learning/heads";
import type { Task } from "../learning/ridge";
import { Network } from "./runtime";

export interface Base {
  network: Network;
  card: Card;
  /** By name, as in the model's folder. */
  files: Files;
  usual: Task["usual"];
  head: Head;
}

export async function openBase(card: Card, files: Files): Promise<Base> {
  const usual = files.has("finer.npz") ? await readNpz(files.get("finer.npz")!) : null;
  return {
    network: await Network.open(files.get(card.backbone.file)!),
    head: await openHead(card.head.plugin, card.labels, files.get(card.head.file)!),
    ...{ card, files },
    usual: usual && { mean: usual["mean"]!.data, scale: usual["scale"]!.data.map((value) => Math.max(value, 1e-6)) },
  };
}

/** How many numbers a face has in each of its maps. */
export function sizesOf({ network }: Base): Sizes {
  const [first, finer] = network.outputShapes.map((shape) => shape.reduce((product, one) => product * one, 1));
  return { embedding: first!, finer: finer ?? 0, channels: network.outputShapes[0]!.at(-1)! };
}

/** The maps of faces as tables. */
export function together(found: Float32Array[][], { network }: Base): Maps {
  const table = (at: number) => {
    const out = rows(found.length, found[0]?.[at]?.length ?? 0);
    found.forEach((maps, face) => out.width && out.data.set(maps[at]!, face * out.width));
    return out;
  };
  return { embeddings: table(0), finer: table(1), channels: network.outputShapes[0]!.at(-1)! };
}
