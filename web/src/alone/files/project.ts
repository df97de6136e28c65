/** The project file, which the robot reads and writes, too: see docs/files.md. */

import { Refused } from "../refused";
import { unzip, zip, type Files } from "./zip";

export interface ProjectSample {
  label: string;
  subject: string;
  take: number;
  stamp: number;
  picture: Uint8Array;
  type: "image/png" | "image/jpeg";
}

/** `model.yaml`, in JSON's notation. */
export interface Card {
  name: string;
  labels: string[];
  input: { width: number; height: number; channels: number; scaling: string };
  backbone: { plugin: string; file: string };
  head: { plugin: string; file: string };
  sha256: Record<string, string>;
  [more: string]: unknown;
}

export interface Project {
  labels: string[];
  samples: ProjectSample[];
  model: { card: Card; files: Files } | null;
}

const FORMAT = "fer_ros project";
const HEAD = "project.json";
const LIMITS = { files: 21_000, bytes: 512e6 };
const MOST_SAMPLES = 20_000;
const MOST_PICTURE = 4e6;

/** A part of a file's name that every system takes. */
const harmless = (label: string): string => label.replace(/[^\p{L}\p{N}_-]+/gu, "_").slice(0, 60) || "label";

export function writeProject(project: Project, software: string): Uint8Array {
  const counts = new Map<string, number>();
  const files: Files = new Map();
  const samples = project.samples.map(({ label, subject, take, stamp, picture, type }) => {
    const number = (counts.get(label) ?? 0) + 1;
    counts.set(label, number);
    const ending = type === "image/png" ? "png" : "jpg";
    const file = `pictures/${harmless(label)}/${label === harmless(label) ? "" : `${project.labels.indexOf(label)}-`}${String(number).padStart(5, "0")}.${ending}`;
    files.set(file, picture);
    return { file, label, subject, take, stamp };
  });
  const head = { format: FORMAT, version: 1, software, labels: project.labels, samples };
  const all: Files = new Map([[HEAD, json(head)], ...files]);
  if (project.model) {
    all.set("model/model.yaml", json(project.model.card));
    for (const [name, content] of project.model.files) all.set(`model/${name}`, content);
  }
  return zip(all);
}

export const json = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value, null, 1));

/** @throws Refused: what is wrong with it. */
export async function readProject(bytes: Uint8Array): Promise<Project> {
  const files = await unzip(bytes, LIMITS);
  const head = parsed(files, HEAD);
  if (head["format"] !== FORMAT) throw new Refused("file_other");
  if (head["version"] !== 1) throw new Refused("file_newer");
  const listed = Array.isArray(head["samples"]) ? (head["samples"] as Record<string, unknown>[]) : [];
  if (listed.length > MOST_SAMPLES) throw new Refused("file_many", String(MOST_SAMPLES));
  const labels = Array.isArray(head["labels"]) ? head["labels"].filter(isLabel) : [];
  const samples = listed.map((one): ProjectSample => {
    const picture = files.get(String(one["file"]));
    if (!picture || picture.length > MOST_PICTURE) throw new Refused("file_missing", String(one["file"]));
    if (!isLabel(one["label"])) throw new Refused("file_damaged", String(one["file"]));
    const type = picture[0] === 0x89 ? "image/png" : "image/jpeg";
    const [take, stamp] = [Number(one["take"]), Number(one["stamp"])];
    return {
      label: one["label"],
      subject: typeof one["subject"] === "string" ? one["subject"].slice(0, 64) : "",
      take: Number.isInteger(take) && take > 0 ? take : 0,
      stamp: Number.isFinite(stamp) ? stamp : 0,
      picture,
      type,
    };
  });
  return {
    labels: [...new Set([...labels, ...samples.map(({ label }) => label)])],
    samples,
    model: files.has("model/model.yaml") ? model(files) : null,
  };
}

const isLabel = (value: unknown): value is string => typeof value === "string" && value.trim() !== "" && value.length <= 64;

function parsed(files: Files, name: string): Record<string, unknown> {
  const content = files.get(name);
  if (!content) throw new Refused(name === HEAD ? "file_other" : "file_missing", name);
  try {
    const found: unknown = JSON.parse(new TextDecoder().decode(content));
    if (typeof found === "object" && found !== null) return found as Record<string, unknown>;
  } catch {
    // said below
  }
  throw new Refused("file_damaged", name);
}

function model(files: Files): { card: Card; files: Files } {
  const card = parsed(files, "model/model.yaml") as Card;
  const texts = [card.backbone?.plugin, card.backbone?.file, card.head?.plugin, card.head?.file];
  if (!texts.every((one) => typeof one === "string") || typeof card.sha256 !== "object" || !card.sha256 || !Array.isArray(card.labels) || !card.labels.every(isLabel))
    throw new Refused("file_damaged", "model/model.yaml");
  const own: Files = new Map();
  for (const [name, content] of files)
    if (name.startsWith("model/") && name !== "model/model.yaml") own.set(name.slice("model/".length), content);
  for (const name of [card.backbone.file, card.head.file])
    if (!own.has(name)) throw new Refused("file_missing", `model/${name}`);
  return { card, files: own };
}
