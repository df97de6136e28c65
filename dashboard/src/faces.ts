/** The faces as they are shown: boxes and probabilities glide, and a label changes only when it is clearly another. */

import { computed, signal } from "@preact/signals";
import { onFrame, approach } from "./animate";
import { onMessage } from "./connection";
import { STAGES, type Emotions, type Face } from "./protocol";
import { emotions } from "./state";

/** Time constants of the gliding, seconds. */
const BOX = 0.06;
const PROBABILITY = 0.13;
/** By so much another label must lead before it takes the place of the one shown. */
const LEAD = 0.05;
/** Faces of which nothing was heard for so long, ms, are gone. */
const GONE = 1000;

export interface ShownFace {
  id: number;
  face: Face;
  box: [number, number, number, number];
  /** By label, gliding. */
  probabilities: Map<string, number>;
  label: string;
}

/** What is written about a face: changes seldom, so that components may follow it. */
export interface Reading {
  id: number;
  label: string;
  emoticon: string;
  emoticons: string[];
}

const shown = new Map<number, ShownFace>();
let heardAt = 0;

/** One per face, largest first. */
export const readings = signal<Reading[]>([]);
/** The face that the person chose to look at; null follows the largest. */
export const chosen = signal<number | null>(null);
/** The face that the page speaks about. */
export const current = computed<Reading | null>(
  () => readings.value.find((reading) => reading.id === chosen.value) ?? readings.value[0] ?? null,
);

/** The moving values of a face, to be read on each frame; undefined when it is gone. */
export const face = (id: number): ShownFace | undefined => shown.get(id);

/** Median ms per stage of the last messages. */
export const stages = signal<Record<string, number | null>>({});
const recent: Emotions["stages"][] = [];

function take(message: Emotions): void {
  heardAt = performance.now();
  const present = new Set<number>();
  message.faces.forEach((face, index) => {
    const id = face.id || -1 - index; // 0: not tracked
    present.add(id);
    const known = shown.get(id);
    if (known === undefined) {
      const probabilities = new Map(face.labels.map((label, i) => [label, face.probabilities[i] ?? 0]));
      shown.set(id, { id, face, box: [...face.box], probabilities, label: face.label });
    } else known.face = face;
  });
  for (const id of shown.keys()) if (!present.has(id)) shown.delete(id);
  recent.push(message.stages);
  if (recent.length > 30) recent.shift();
}

function glide(one: ShownFace, seconds: number): void {
  const far = approach(seconds, BOX);
  one.box.forEach((value, i) => (one.box[i] = value + (one.face.box[i]! - value) * far));
  const near = approach(seconds, PROBABILITY);
  const { labels, probabilities } = one.face;
  for (const label of one.probabilities.keys()) if (!labels.includes(label)) one.probabilities.delete(label);
  let best = one.label;
  labels.forEach((label, i) => {
    const value = one.probabilities.get(label) ?? 0;
    const glided = value + (probabilities[i]! - value) * near;
    one.probabilities.set(label, glided);
    if (glided > (one.probabilities.get(best) ?? 0)) best = label;
  });
  const lead = (one.probabilities.get(best) ?? 0) - (one.probabilities.get(one.label) ?? -1);
  if (best !== one.label && lead > LEAD) one.label = best;
}

function read(one: ShownFace): Reading {
  const { face, label, id } = one;
  if (face.label === label) return { id, label, emoticon: face.emoticon, emoticons: face.emoticons };
  // The newest frame says something else; the emoticon stays that of the label shown.
  const before = readings.peek().find((reading) => reading.id === id && reading.label === label);
  return before ?? { id, label, emoticon: face.emoticon, emoticons: face.emoticons };
}

const same = (a: Reading[], b: Reading[]) =>
  a.length === b.length &&
  a.every((one, i) => one.id === b[i]!.id && one.label === b[i]!.label && one.emoticon === b[i]!.emoticon);

onFrame((time, seconds) => {
  if (shown.size > 0 && time - heardAt > GONE) shown.clear();
  for (const one of shown.values()) glide(one, seconds);
  const area = (one: ShownFace) => one.face.box[2] * one.face.box[3];
  const next = [...shown.values()].sort((a, b) => area(b) - area(a)).map(read);
  if (!same(next, readings.peek())) readings.value = next;
});

onMessage((message) => {
  if (message.type === "emotions") take(message);
});

emotions.subscribe((message) => {
  if (message === null) shown.clear();
});

window.setInterval(() => {
  const medians: Record<string, number | null> = {};
  for (const name of [...STAGES, "total"] as const) {
    const values = recent.map((one) => one[name]).filter((value): value is number => value !== null);
    values.sort((a, b) => a - b);
    medians[name] = values[values.length >> 1] ?? null;
  }
  recent.length = 0;
  stages.value = medians;
}, 1000);
