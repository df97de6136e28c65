/** The part of the protocol that tells of trainings. */

import type { Reason } from "./protocol";

export interface Metrics {
  count: number;
  accuracy: number | null;
  /** The ends of its 95 % interval. */
  accuracy_low: number | null;
  accuracy_high: number | null;
  macro_precision: number | null;
  macro_recall: number | null;
  macro_f1: number | null;
  labels: string[];
  precision: number[];
  recall: number[];
  f1: number[];
  support: number[];
  /** Rows: what was shown; columns: what was answered. */
  confusion: number[][];
}

export const PHASES = ["loading", "embedding", "training", "evaluating", "saving", "swapping"] as const;
export type Phase = (typeof PHASES)[number] | "idle" | "done" | "cancelled" | "failed";

export interface TrainProgress {
  type: "train";
  phase: Phase;
  model: string;
  head: string;
  epoch: number;
  epochs: number;
  loss: number | null;
  accuracy: number | null;
  val_loss: number | null;
  val_accuracy: number | null;
  progress: number;
  elapsed: number;
  remaining: number | null;
  message: string;
  reason: Reason | null;
}

export interface History {
  loss: number[];
  accuracy: number[];
  val_loss: number[];
  val_accuracy: number[];
}

/** What the trainer advises. */
export interface Advice {
  not_learned: string[];
  record_more: string[];
  /** Pictures of each; 0: another take of each, since nothing could be measured. */
  record_count: number;
  /** Share of faces to expect on another day; null: not known. */
  another_day: number | null;
  general_kept: boolean;
}

export interface TrainResult {
  type: "train.result";
  /** It was begun by this person. */
  mine: boolean;
  ok: boolean;
  message: string;
  reason: Reason | null;
  model: string;
  metrics: Metrics | null;
  baseline: Metrics | null;
  advice: Advice | null;
  split: string;
  counts: { train: number; validation: number; test: number };
  history: History;
  seconds: number;
  phases: Record<string, number>;
  previous: string | null;
}
