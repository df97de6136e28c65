/** What the node has told, as signals. Everything that it keeps comes again after each connection. */

import { computed, effect, signal } from "@preact/signals";
import { link, onMessage } from "./connection";
import type {
  CameraState,
  Emotions,
  History,
  Model,
  Models,
  Nodes,
  RecordState,
  Stats,
  Takes,
  TrainProgress,
  TrainResult,
  Welcome,
} from "./protocol";

export const welcome = signal<Welcome | null>(null);
export const nodes = signal<Nodes | null>(null);
export const stats = signal<Stats | null>(null);
export const model = signal<Model | null>(null);
export const record = signal<RecordState | null>(null);
export const takes = signal<Takes | null>(null);
export const labels = signal<string[]>([]);
export const train = signal<TrainProgress | null>(null);
export const result = signal<TrainResult | null>(null);
export const models = signal<Models | null>(null);
export const camera = signal<CameraState | null>(null);

/** The newest faces; changes with every frame, so that only what must follow each frame should read it as a signal. */
export const emotions = signal<Emotions | null>(null);

export const NO_CURVE: History = { loss: [], accuracy: [], val_loss: [], val_accuracy: [] };

/** The running training's curve, as it comes; after the end, the result's. Unknown values are NaN. */
export const curve = signal<History>(NO_CURVE);

export const training = computed(() => {
  const phase = train.value?.phase ?? "idle";
  return !["idle", "done", "cancelled", "failed"].includes(phase);
});

/** The connection went away during a training, and nothing was heard of it since. */
export const lost = signal(false);

function addEpoch(progress: TrainProgress): void {
  if (progress.phase === "loading") {
    curve.value = NO_CURVE;
    result.value = null;
  }
  const at = progress.epoch - 1;
  if (progress.phase !== "training" || at < 0) return;
  const extended = (values: number[], value: number | null) => {
    const longer = values.slice(0, at);
    while (longer.length < at) longer.push(NaN); // epochs from before this page was opened
    return [...longer, value ?? NaN];
  };
  const { loss, accuracy, val_loss, val_accuracy } = curve.peek();
  curve.value = {
    loss: extended(loss, progress.loss),
    accuracy: extended(accuracy, progress.accuracy),
    val_loss: extended(val_loss, progress.val_loss),
    val_accuracy: extended(val_accuracy, progress.val_accuracy),
  };
}

/** Why the last training failed is old news once there is something else to learn from. */
export function forgetFailure(): void {
  if (result.peek()?.ok === false) result.value = null;
}

const sum = (counts: Record<string, number>) => Object.values(counts).reduce((a, b) => a + b, 0);

onMessage((message) => {
  switch (message.type) {
    case "welcome":
      welcome.value = message;
      break;
    case "nodes":
      nodes.value = message;
      break;
    case "stats":
      stats.value = message;
      break;
    case "model":
      model.value = message;
      break;
    case "record":
      record.value = message;
      break;
    case "takes":
      if (takes.value && sum(takes.value.counts) !== sum(message.counts)) forgetFailure();
      takes.value = message;
      break;
    case "labels":
      labels.value = message.labels;
      break;
    case "train":
      train.value = message;
      if (message.phase !== "idle") lost.value = false;
      addEpoch(message);
      break;
    case "train.result":
      result.value = message;
      if (message.history.loss.length > 0) curve.value = message.history;
      break;
    case "models":
      models.value = message;
      break;
    case "camera":
      camera.value = message;
      break;
    case "emotions":
      emotions.value = message;
      break;
  }
});

// What moves would be a lie without a connection; what was measured or counted stays readable.
effect(() => {
  if (link.value.state === "open") return;
  if (training.peek()) {
    lost.value = true;
    train.value = null;
  }
  emotions.value = null;
  stats.value = null;
  record.value = null;
  camera.value = null;
});
