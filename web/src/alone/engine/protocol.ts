/** What the page asks the engine, and what the engine tells. Each request has one reply of the same number. */

import type { Card } from "../files/project";
import type { Method } from "../learning/choice";
import type { Epoch, Settings } from "../learning/perceptron";
import type { Code } from "../refused";
import type { Box, Framing } from "./pixels";

/** `page.json`, written by `fer export --web`. */
export interface Config {
  software: string;
  labels: string[];
  /** Other name → the label that it means. */
  aliases: Record<string, string>;
  emoticons: Record<string, string[]>;
  model: Card;
  /** null: a frame to hold the face into takes its place. */
  detector: { framing: Framing } | null;
  /** Large file → its version: how the SHA-256 of what is in it begins. */
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
  /** How the model that answers was measured when it was trained here; null: it was not. */
  result: Result | null;
}

/** What a change made of it, and the number under which it can be undone. */
export interface Changed {
  state: State;
  undo: number;
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
  /** The held-out pictures: rows were shown, columns answered; empty where none were held out. */
  confusion: { labels: string[]; counts: number[][] };
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

export interface Loaded {
  /** false: the project's model was left, since its backbone is another. */
  complete: boolean;
  /** Pictures that are new, and those that were here already. */
  added: number;
  already: number;
  /** The project's, in their order. */
  labels: string[];
}

export interface Opened {
  /** false: what is taught is forgotten with the page, as the browser keeps nothing. */
  lasting: boolean;
  /** The head that was kept belonged to another network, so it was dropped. */
  dropped: boolean;
}

export interface Requests {
  open: { ask: object; reply: { config: Config; state: State } & Opened };
  frame: { ask: { picture: ImageBitmap; time: number; hold: Hold | null }; reply: Reading };
  /** As `frame`, of a picture that is none of the camera's. */
  still: { ask: { picture: ImageBitmap; hold: Hold | null }; reply: Reading };
  samples: { ask: { label: string }; reply: (Shown & { take: number })[] };
  /** All: also the model. */
  remove: { ask: { ids: number[] } | { take: number } | { all: true }; reply: Changed };
  /** Give pictures another label. */
  move: { ask: { ids: number[]; label: string }; reply: Changed };
  /** Undo a change of this engine, one of its newest 200; what was undone already, or is older, stays. */
  undo: { ask: { undo: number }; reply: State };
  /** `without`: labels that are left out. The settings are of the paper's method. */
  train: { ask: { method: Method; without: string[]; settings: Settings }; reply: Changed & { result: Result } };
  /** End the training: its reply is that it was cancelled. */
  cancel: { ask: object; reply: null };
  /** Back to the page's own model. */
  forget: { ask: object; reply: Changed };
  /** `labels`: their order in the project; others follow. */
  save: { ask: { labels: string[] }; reply: Blob };
  /** The model that was taught here or opened, as a zip of its folder. */
  export: { ask: object; reply: Blob };
  load: { ask: { file: Blob }; reply: Changed & Loaded };
  /** The taught pictures most like the face that was read last, the most alike first; null: no face was read. */
  alike: { ask: object; reply: (Shown & { label: string })[] | null };
  answers: { ask: object; reply: Answers };
}

export type Name = keyof Requests;
export type Ask = { [N in Name]: { id: number; name: N; ask: Requests[N]["ask"] } }[Name];

export type Told =
  | { id: number; reply: unknown }
  | { id: number; code: Code; value: string }
  /** Another tab has changed what is kept. */
  | { state: State }
  /** A training goes on: share of the faces that were read, or an epoch. */
  | { read: number }
  | { epoch: Epoch };
