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
  sizes: Sizes;
  card: Card;
  /** By name, as in the model's folder. */
  files: Files;
  usual: Task["usual"];
  head: Head;
}

function sizesOf({ outputShapes }: Network): Sizes {
  const [first, finer] = outputShapes.map((shape) => shape.reduce((product, one) => product * one, 1));
  return { embedding: first!, finer: finer ?? 0, channels: outputShapes[0]!.at(-1)! };
}

export async function openBase(card: Card, files: Files): Promise<Base> {
  const usual = files.has("finer.npz") ? await readNpz(files.get("finer.npz")!) : null;
  const network = await Network.open(files.get(card.backbone.file)!);
  const sizes = sizesOf(network);
  return {
    head: await openHead(card.head.plugin, card.labels, files.get(card.head.file)!, sizes),
    ...{ network, sizes, card, files },
    usual: usual && { mean: usual["mean"]!.data, scale: usual["scale"]!.data.map((value) => Math.max(value, 1e-6)) },
  };
}

/** The maps of faces as tables. */
export function together(found: Float32Array[][], { sizes }: Base): Maps {
  const table = (at: number) => {
    const out = rows(found.length, found[0]?.[at]?.length ?? 0);
    found.forEach((maps, face) => out.width && out.data.set(maps[at]!, face * out.width));
    return out;
  };
  return { embeddings: table(0), finer: table(1), channels: sizes.channels };
}
