/** What lies between page and node: docs/dashboard_protocol.md. Stamps are milliseconds of the node's clock. */

import type { Metrics, TrainProgress, TrainResult } from "./protocol_training";

export * from "./protocol_training";

export const VERSION = 1;
export const HEADER_BYTES = 24;
export const KIND_PICTURE = 1;
export const KIND_CAMERA = 2;
export const KIND_FILE = 3;
/** Bytes of a part of a file. */
export const FILE_BYTES = 500_000;

export interface Welcome {
  type: "welcome";
  software: string;
  namespace: string;
  clients: number;
  emoticons: Record<string, string[]>;
  labels: string[];
  advised: number;
  hold: number;
  limits: { camera_bytes: number; camera_pixels: number; camera_fps: number; text_bytes: number };
  /** Head, its settings that can be asked for, and of each the default and the range. */
  heads: Record<string, Record<string, [number, number | null, number | null]>>;
  secure: boolean;
  share: Share | null;
}

export interface Share {
  url: string;
  /** Rows of modules, "1" = dark, without a quiet zone. */
  qr: string[];
}

export interface Refused {
  type: "refused";
  code: string;
  message: string;
}

/** Why, for the page to word it: i18n/reasons.ts. */
export interface Reason {
  code: string;
  values: Record<string, string>;
}

export interface Reply {
  type: "reply";
  id: number;
  ok: boolean;
  code?: string;
  message?: string;
  reason?: Reason | null;
  [field: string]: unknown;
}

export interface Face {
  id: number;
  /** x, y, width, height in pixels of the picture. */
  box: [number, number, number, number];
  score: number;
  /** Why it cannot be read well: small, dark, blurred, turned, covered; empty where it can. */
  hindrance: string;
  /** Who it is, where the model was taught to know people and is sure; else empty. */
  subject: string;
  label: string;
  confidence: number;
  labels: string[];
  probabilities: number[];
  emoticon: string;
  emoticons: string[];
}

export const STAGES = ["receive", "detect", "classify", "publish"] as const;

export interface Emotions {
  type: "emotions";
  stamp: number;
  model: string;
  faces: Face[];
  stages: Record<(typeof STAGES)[number] | "total", number | null>;
}

export interface Nodes {
  type: "nodes";
  camera: boolean;
  inference: boolean;
  recorder: boolean;
  trainer: boolean;
}

export type Level = "ok" | "warn" | "error";

export interface Stats {
  type: "stats";
  camera: { state: string; source: string; rate: number | null; level: Level } | null;
  inference: { state: string; rate: number | null; replaced: number | null; level: Level } | null;
  clients: number;
}

export interface Model {
  type: "model";
  name: string;
  labels: string[];
  backbone: string;
  head: string;
  dataset: string;
  parameters: number | null;
  created: number | null;
  metrics: Metrics | null;
  previous: string | null;
}

export interface RecordState {
  type: "record";
  state: "idle" | "recording" | "paused" | "failed";
  holder: "me" | "other" | null;
  label: string;
  /** The current or last one. */
  take: number;
  samples: number;
  without_face: number;
  dropped: number;
  elapsed: number;
  limit: number;
  message: string;
  reason: Reason | null;
}

export interface Take {
  take: number;
  label: string;
  subject: string;
  samples: number;
  seconds: number;
  thumbnails: string[];
}

export interface Takes {
  type: "takes";
  session: string;
  counts: Record<string, number>;
  takes: Take[];
}

export interface ModelEntry {
  name: string;
  own: boolean;
  labels?: string[];
  head?: string;
  backbone?: string;
  accuracy?: number | null;
  /** Name of a data set; empty: pictures held out of the recordings. */
  measured_on?: string;
  tested?: number | null;
  bytes?: number | null;
  created?: number | null;
  /** Not empty where the model is damaged; then the other facts are missing. */
  error: string;
  reason: Reason | null;
}

export interface Models {
  type: "models";
  selected: string;
  in_use: string;
  models: ModelEntry[];
}

export interface CameraState {
  type: "camera";
  sender: "me" | "other" | null;
  fps: number | null;
  message: string;
  reason: Reason | null;
}

export type ServerMessage =
  | Welcome
  | Refused
  | Reply
  | Emotions
  | Nodes
  | Stats
  | Model
  | RecordState
  | Takes
  | { type: "labels"; labels: string[] }
  | TrainProgress
  | TrainResult
  | Models
  | CameraState
  | { type: "camera.taken"; seq: number }
  | { type: "clock.ping"; n: number; offset: number | null; rtt: number | null }
  | { type: "error"; code: string; message: string; seq?: number };

/** One picture of the camera, as the node sends it. */
export interface Picture {
  seq: number;
  stamp: number;
  width: number;
  height: number;
  data: Uint8Array<ArrayBuffer>;
}

/** Read a binary message; null for kinds and versions that this page does not know. */
export function readPicture(buffer: ArrayBuffer): Picture | null {
  if (buffer.byteLength <= HEADER_BYTES) return null;
  const view = new DataView(buffer);
  if (view.getUint8(0) !== KIND_PICTURE || view.getUint8(1) !== VERSION) return null;
  return {
    seq: view.getUint32(4, true),
    stamp: view.getFloat64(8, true),
    width: view.getUint16(16, true),
    height: view.getUint16(18, true),
    data: new Uint8Array(buffer, HEADER_BYTES),
  };
}

function withHeader(kind: number, seq: number, stamp: number, first: number, second: number, data: ArrayBuffer) {
  const message = new ArrayBuffer(HEADER_BYTES + data.byteLength);
  const view = new DataView(message);
  view.setUint8(0, kind);
  view.setUint8(1, VERSION);
  view.setUint32(4, seq, true);
  view.setFloat64(8, stamp, true);
  view.setUint16(16, first, true);
  view.setUint16(18, second, true);
  new Uint8Array(message, HEADER_BYTES).set(new Uint8Array(data));
  return message;
}

/** Put the header before a JPEG of this browser's camera; `stamp` is the page's clock. */
export const cameraMessage = (seq: number, stamp: number, width: number, height: number, jpeg: ArrayBuffer) =>
  withHeader(KIND_CAMERA, seq, stamp, width, height, jpeg);

/** Put the header before a part of a file; a stamp of 0: it was taken now. */
export const fileMessage = (seq: number, stamp: number, part: number, parts: number, data: ArrayBuffer) =>
  withHeader(KIND_FILE, seq, stamp, part, parts, data);
