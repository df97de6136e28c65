/** What the page asks the engine, and what the engine tells. Each request has one reply of the same number. */

import type { Card } from "../files/project";
import type { Method } from "../learning/choice";
import type { Epoch } from "../learning/perceptron";
import type { Box, Framing } from "./pixels";

/** `page.json`, written by `fer export --web`. */
export interface Config {
  software: string;
  labels: string[];
  emoticons: Record<string, string[]>;
  model: Card;
  /** null: a frame to hold the face into takes its place. */
  detector: { framing: Framing } | null;
  /** Large file → its version. */
  versions: Record<string, string>;
}

/** Numbers of taught pictures by label, and which model answers. */
export interface State {
  counts: Record<string, number>;
  /** Labels of the model that answers. */
  labels: string[];
  /** The model that answers was taught here or came with a project; else it is the page's own. */
  taught: boolean;
  /** The next take's number. */
  take: number;
}

export interface Hold {
  label: string;
  subject: string;
  take: number;
}

export interface Reading {
  /** The face in pixels of the frame; null: none. */
  box: Box | null;
  /** In the order of the model's labels; empty without a face. */
  probabilities: number[];
  /** Ms that the engine took. */
  ms: number;
  /** Whether the frame was kept as a sample of the label that is held. */
  kept: boolean;
}

export interface Result {
  method: Method;
  accuracy: number;
  baseline: number;
  loss: number;
  measured: number;
  kept: boolean;
  pictures: number;
  seconds: number;
}

export interface Shown {
  id: number;
  picture: Blob;
}

/** One row a sample, in the order in which they were taught. */
export interface Answers {
  labels: string[];
  truth: string[];
  probabilities: number[][];
}

export interface Requests {
  open: { ask: object; reply: { config: Config; state: State } };
  frame: { ask: { picture: ImageBitmap; time: number; hold: Hold | null }; reply: Reading };
  /** As `frame`, of a picture that is none of the camera's. */
  still: { ask: { picture: ImageBitmap; hold: Hold | null }; reply: Reading };
  samples: { ask: { label: string }; reply: Shown[] };
  remove: { ask: { ids: number[] } | { label: string } | { take: number } | { all: true }; reply: State };
  /** Bring back what was removed last. */
  restore: { ask: object; reply: State };
  train: { ask: { method: Method }; reply: { result: Result; state: State } };
  /** Back to the page's own model. */
  forget: { ask: object; reply: State };
  save: { ask: object; reply: Blob };
  /** `complete`: false where the project's model was left, since its backbone is another. */
  load: { ask: { file: Blob }; reply: { complete: boolean; state: State } };
  /** The taught pictures most like the face that was read last, the most alike first; null: no face was read. */
  alike: { ask: object; reply: (Shown & { label: string })[] | null };
  answers: { ask: object; reply: Answers };
}

export type Name = keyof Requests;
export type Ask = { [N in Name]: { id: number; name: N; ask: Requests[N]["ask"] } }[Name];

export type Told =
  | { id: number; reply: unknown }
  | { id: number; error: string; code: "few" | "one" | "file" | "failed" }
  /** A training goes on: share of the faces that were read, or an epoch. */
  | { read: number }
  | { epoch: Epoch };
