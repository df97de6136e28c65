/** The faces as they are shown: boxes and probabilities glide; labels are the node's, which lets them hold still. */

import { computed, signal } from "@preact/signals";
import { onFrame, approach } from "./animate";
import { onMessage } from "./connection";
import { STAGES, type Emotions, type Face } from "./protocol";
import { emotions } from "./state";

/** Time constants of the gliding, seconds. */
const BOX = 0.06;
const PROBABILITY = 0.13;
/** Faces of which nothing was heard for so long, ms, are gone. */
const GONE = 2500;
/** How many times larger another face must be to become the main one: two of one size do not take turns. */
const LEAD = 1.25;

export interface ShownFace {
  id: number;
  face: Face;
  /** Of the frame in which it was last seen. */
  stamp: number;
  box: [number, number, number, number];
  /** By label, gliding. */
  probabilities: Map<string, number>;
  confidence: number;
}

/** What is written about a face: changes seldom, so that components may follow it. */
export interface Reading {
  id: number;
  label: string;
  /** Why the node names no expression, where it can be seen that badly; else empty. */
  hindrance: string;
  /** Who it is; empty where the model does not know. */
  subject: string;
  emoticon: string;
  emoticons: string[];
}

const shown = new Map<number, ShownFace>();
let heardAt = 0;

/** Whether pictures are being read, with or without a face. */
export const heard = signal(false);
/** One per face, in the order in which they came. */
export const readings = signal<Reading[]>([]);
/** The face that the person chose to look at; null follows the largest. */
export const chosen = signal<number | null>(null);
const leading = signal<number | null>(null);
/** The face that the page speaks about. */
export const current = computed<Reading | null>(() => {
  const find = (id: number | null) => readings.value.find((reading) => reading.id === id);
  return find(chosen.value) ?? find(leading.value) ?? readings.value[0] ?? null;
});

/** The moving values of a face, to be read on each frame; undefined when it is gone. */
export const face = (id: number): ShownFace | undefined => shown.get(id);

/** The most probable label where none is certain enough for the node to name it; else null. */
export function likeliest({ face, probabilities }: ShownFace): string | null {
  if (probabilities.has(face.label)) return null;
  return [...probabilities].reduce((best, one) => (one[1] > best[1] ? one : best), ["", 0] as const)[0] || null;
}

/** Median ms per stage of the last messages. */
export const stages = signal<Record<string, number | null>>({});
const recent: Emotions["stages"][] = [];

function take(message: Emotions): void {
  heardAt = performance.now();
  heard.value = true;
  const present = new Set<number>();
  message.faces.forEach((face, index) => {
    const id = face.id || -1 - index; // 0: not tracked
    present.add(id);
    const known = shown.get(id);
    if (known === undefined) {
      const probabilities = new Map(face.labels.map((label, i) => [label, face.probabilities[i] ?? 0]));
      const { stamp } = message;
      shown.set(id, { id, face, stamp, box: [...face.box], probabilities, confidence: face.confidence });
    } else {
      known.face = face;
      known.stamp = message.stamp;
    }
  });
  for (const id of shown.keys()) if (!present.has(id)) shown.delete(id);
  recent.push(message.stages);
  if (recent.length > 30) recent.shift();
}

function glide(one: ShownFace, seconds: number): void {
  const far = approach(seconds, BOX);
  one.box.forEach((value, i) => (one.box[i] = value + (one.face.box[i]! - value) * far));
  const near = approach(seconds, PROBABILITY);
  const { labels, probabilities, confidence } = one.face;
  one.confidence += (confidence - one.confidence) * near;
  for (const label of one.probabilities.keys()) if (!labels.includes(label)) one.probabilities.delete(label);
  labels.forEach((label, i) => {
    const value = one.probabilities.get(label) ?? 0;
    one.probabilities.set(label, value + (probabilities[i]! - value) * near);
  });
}

const area = ({ face }: ShownFace) => face.box[2] * face.box[3];

function lead(): void {
  const held = shown.get(leading.peek() ?? NaN);
  const largest = [...shown.values()].reduce<ShownFace | undefined>(
    (best, one) => (best === undefined || area(one) > area(best) ? one : best),
    undefined,
  );
  if (held === undefined || (largest && area(largest) > LEAD * area(held))) leading.value = largest?.id ?? null;
}

const read = ({ id, face }: ShownFace): Reading => ({
  id,
  label: face.label,
  hindrance: face.labels.includes(face.label) ? "" : face.hindrance,
  subject: face.subject,
  emoticon: face.emoticon,
  emoticons: face.emoticons,
});

const same = (a: Reading[], b: Reading[]) =>
  a.length === b.length &&
  a.every((one, i) =>
    (["id", "label", "hindrance", "subject", "emoticon"] as const).every((name) => one[name] === b[i]![name]),
  );

onFrame((time, seconds) => {
  if (heard.peek() && time - heardAt > GONE) {
    heard.value = false;
    shown.clear();
  }
  for (const one of shown.values()) glide(one, seconds);
  lead();
  const next = [...shown.values()].map(read);
  if (!same(next, readings.peek())) readings.value = next;
});

onMessage((message) => {
  if (message.type === "emotions") take(message);
});

emotions.subscribe((message) => {
  if (message !== null) return;
  heard.value = false;
  shown.clear();
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
