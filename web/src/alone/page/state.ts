/** What the page knows, as signals, and the engine that it asks. */

import { computed, signal } from "@preact/signals";
import type { Method } from "../learning/choice";
import { PAPER, type Epoch, type Settings } from "../learning/perceptron";
import type { Box } from "../engine/pixels";
import type { Changed, Config, Hold, Name, Reading, Requests, Result, State, Told } from "../engine/protocol";
import { forgetLabels, mine } from "../../labels";
import { tell, tellUndo, warn } from "../../toasts";
import { Refused, refused } from "../refused";
import { worded } from "./refusals";
import { words } from "./words";

export const config = signal<Config | null>(null);
export const state = signal<State>({ counts: {}, labels: [], taught: false, take: 1, result: null });
/** Why the page cannot go on; empty: it can. */
export const broken = signal("");
/** The page was exported again: what is open is the earlier one. */
export const renewed = signal(false);
export const box = signal<Box | null>(null);
/** Of the labels of the model, gliding; empty without a face. */
export const probabilities = signal<Map<string, number>>(new Map());
/** Ms that the engine takes for a picture, gliding. */
export const speed = signal(0);
export const held = signal<string | null>(null);
/** The label whose pictures arrive: until the first one, a button that is held says that it is starting. */
export const arriving = signal<string | null>(null);
export const method = signal<Method>("ours");
/** What the training that runs, or ran last, was asked for. */
export const asked = signal<Settings>(PAPER);
/** Share of the pictures that were read; null: nothing is trained. */
export const read = signal<number | null>(null);
export const epochs = signal<Epoch[]>([]);
export const result = signal<Result | null>(null);

/** Below this no label is named. */
const SURE = 0.35;

/** What probabilities are called; null where there are none. */
export function named(shares: ReadonlyMap<string, number>): string | null {
  const all = [...shares];
  if (!all.length) return null;
  const [label, share] = all.reduce((best, one) => (one[1] > best[1] ? one : best));
  return share >= SURE ? label : "uncertain";
}

export const answer = computed(() => named(probabilities.value));

/** Count a picture that was kept. */
function counted(label: string): void {
  const { counts } = state.peek();
  state.value = { ...state.peek(), counts: { ...counts, [label]: (counts[label] ?? 0) + 1 } };
}

export const emoticons = (label: string): string[] => config.value?.emoticons[label] ?? [];

const worker = new Worker(new URL("../engine/worker.ts", import.meta.url), { name: "engine" });
const waiting = new Map<number, { resolve: (reply: never) => void; reject: (error: Error) => void }>();
let next = 1;

export function ask<N extends Name>(
  name: N,
  what: Requests[N]["ask"],
  transfer: Transferable[] = [],
): Promise<Requests[N]["reply"]> {
  const id = next++;
  worker.postMessage({ id, name, ask: what }, transfer);
  return new Promise((resolve, reject) => waiting.set(id, { resolve, reject }));
}

worker.onmessage = ({ data }: MessageEvent<Told>) => {
  if ("read" in data) read.value = data.read;
  else if ("state" in data) accept(data.state);
  else if ("epoch" in data) epochs.value = [...epochs.peek(), data.epoch];
  else {
    const one = waiting.get(data.id);
    waiting.delete(data.id);
    if ("code" in data) {
      const error = new Refused(data.code, data.value);
      if (data.code === "full") {
        held.value = null; // or it would be said with every frame
        complain(error);
      }
      one?.reject(error);
    } else one?.resolve(data.reply as never);
  }
};
worker.onerror = (event) => (broken.value = event.message || "engine");

export const complain = (error: unknown): void => warn(worded(error));

/** Read a picture that is none of the camera's, and keep its face where a label is held. */
export async function still(picture: ImageBitmap, hold: Hold | null): Promise<Reading> {
  const reading = await ask("still", { picture, hold }, [picture]);
  if (hold && reading.kept) counted(hold.label);
  return reading;
}

export async function open(): Promise<void> {
  try {
    const reply = await ask("open", {});
    config.value = reply.config;
    accept(reply.state);
    if (!reply.lasting) warn(words.peek().notLasting);
    if (reply.dropped) warn(words.peek().dropped);
  } catch (error) {
    broken.value = worded(error);
  }
}

export async function train(settings: Settings): Promise<void> {
  if (read.peek() !== null) return;
  asked.value = settings;
  read.value = 0;
  epochs.value = [];
  result.value = null;
  try {
    const reply = await ask("train", { method: method.peek(), without: mine.peek().off, settings });
    const texts = words.peek();
    const said = reply.result.kept ? texts.kept : `${texts.learned}: ${texts[reply.result.method]}`;
    done(said, reply, () => (epochs.value = [])); // those of the model that goes
    result.value = reply.result;
  } catch (error) {
    if (refused(error).code === "cancelled") tell(worded(error));
    else complain(error);
    epochs.value = [];
    accept(state.peek()); // the model in use stayed, with its result
  }
  read.value = null;
}

/** Take over what became of a change. */
export function accept(found: State): void {
  state.value = found;
  result.value = found.result;
  if (!found.result) epochs.value = []; // those of a model that is gone
}

/** Take over a change, and say what was done, with a way back; `also` is undone with it. */
export function done(said: string, { state: found, undo }: Changed, also: () => void = () => {}): void {
  accept(found);
  tellUndo(said, () => {
    also();
    return ask("undo", { undo }).then(accept, complain);
  });
}

/** Delete pictures, or everything: also the model and the labels of one's own; with a way back. */
export async function remove(which: Requests["remove"]["ask"]): Promise<void> {
  try {
    const reply = await ask("remove", which);
    done(words.peek().removed, reply, "all" in which ? forgetLabels() : undefined);
  } catch (error) {
    complain(error);
  }
}

export async function forget(): Promise<void> {
  try {
    done(words.peek().forgotten, await ask("forget", {}));
  } catch (error) {
    complain(error);
  }
}

/** Seconds in which probabilities glide. */
const GLIDE = 0.2;
let last = 0;

/** Take the engine's reading of a frame. */
export function take(reading: Reading, hold: Hold | null, now: number): void {
  box.value = reading.box;
  speed.value = speed.peek() ? 0.9 * speed.peek() + 0.1 * reading.ms : reading.ms;
  const far = 1 - Math.exp(-(now - last) / 1000 / GLIDE);
  last = now;
  const before = probabilities.peek();
  probabilities.value = new Map(
    reading.probabilities.map((share, at) => {
      const label = state.peek().labels[at]!;
      const old = before.get(label) ?? share;
      return [label, old + (share - old) * far];
    }),
  );
  if (hold) arriving.value = hold.label;
  if (hold && reading.kept) counted(hold.label);
  if (reading.box && performance.getEntriesByName("fer-answer").length === 0) performance.mark("fer-answer");
}
