/** What was taught, as files that the robot reads and writes, too. */

import { json, readProject, writeProject, type Card, type Project } from "../files/project";
import { sha256 } from "../files/sha256";
import { zip, type Files } from "../files/zip";
import { openHead } from "../learning/heads";
import { Refused } from "../refused";
import type { Base } from "./base";
import type { KeptModel, Sample } from "./store";

type Model = NonNullable<Project["model"]>;

/** SHA-256 of a model's backbone. */
export const backboneOf = ({ backbone, sha256: sums }: Card): string => sums[backbone.file] ?? "";

/** A trained head as a model of the robot. */
export async function bundle(kept: KeptModel, { files: own, card: general }: Base): Promise<Model> {
  const files: Files = new Map([...own, [general.head.file, kept.head]]);
  const sums: Record<string, string> = {};
  for (const [name, content] of files) sums[name] = await sha256(content);
  const card: Card = {
    ...{ schema: 1, name: "taught", labels: kept.labels, input: general.input },
    backbone: general.backbone,
    head: { plugin: kept.plugin, file: general.head.file },
    data: { ...kept.facts, backbone_of: general.name },
    quality: {},
    recipe: {},
    versions: {},
    sha256: sums,
  };
  return { card, files };
}

/** The head of a project's model, which has the page's backbone. */
export async function headOf({ card, files }: Model, { sizes }: Base): Promise<KeptModel> {
  const head = files.get(card.head.file)!;
  await openHead(card.head.plugin, card.labels, head, sizes);
  return { plugin: card.head.plugin, labels: card.labels, head, facts: {}, backbone: backboneOf(card) };
}

const archive = (bytes: Uint8Array): Blob => new Blob([bytes as BlobPart], { type: "application/zip" });

/** A model as the robot's page hands one out: a folder of its name. */
export function zipped({ card, files }: Model): Blob {
  const all: Files = new Map([["model.yaml", json(card)], ...files]);
  return archive(zip(new Map([...all].map(([name, content]) => [`${card.name}/${name}`, content]))));
}

/** A project. */
export async function written(all: Sample[], labels: string[], model: Model | null, software: string): Promise<Blob> {
  const samples = await Promise.all(
    all.map(async ({ label, subject, take, stamp, picture }) => ({
      ...{ label, subject, take, stamp },
      picture: new Uint8Array(await picture.arrayBuffer()),
      type: picture.type as "image/png",
    })),
  );
  return archive(writeProject({ labels, samples, model }, software));
}

interface Opened {
  add: Omit<Sample, "id">[];
  /** Pictures that are here already. */
  already: number;
  /** Its labels in their order, also those without pictures. */
  labels: string[];
  model: Model | null;
}

/**
 * A project that is whole.
 *
 * @param take the number of its first take here.
 */
export async function opened(file: Blob, here: Sample[], take: number): Promise<Opened> {
  const { samples, labels, model } = await readProject(new Uint8Array(await file.arrayBuffer()));
  for (const [name, content] of model?.files ?? [])
    if (name in model!.card.sha256 && (await sha256(content)) !== model!.card.sha256[name]) bad(name);
  const numbers = new Map<number, number>([[0, 0]]);
  const numbered = (own: number) => numbers.get(own) ?? numbers.set(own, take + numbers.size - 1).get(own)!;
  const add: Omit<Sample, "id">[] = [];
  for (const { picture, type, ...one } of samples) {
    const blob = new Blob([picture as BlobPart], { type });
    (await createImageBitmap(blob).catch(() => bad(one.label))).close();
    if (!(await has(here, one, picture))) add.push({ ...one, take: numbered(one.take), picture: blob });
  }
  return { add, already: samples.length - add.length, labels, model };
}

/** Whether the very same sample is among some. */
async function has(here: Sample[], one: { label: string; stamp: number }, picture: Uint8Array): Promise<boolean> {
  for (const other of here) {
    if (other.stamp !== one.stamp || other.label !== one.label || other.picture.size !== picture.length) continue;
    const own = new Uint8Array(await other.picture.arrayBuffer());
    if (own.every((byte, at) => byte === picture[at])) return true;
  }
  return false;
}

const bad = (what: string): never => {
  throw new Refused("file_damaged", what);
};
