/** Pictures and films of this device as samples: made small here where the browser reads them, else sent as they are. */

import { signal } from "@preact/signals";
import { Refusal, link, request, sendBinary } from "./connection";
import { subject } from "./hold";
import { labelName, text } from "./i18n";
import { FILE_BYTES, fileMessage } from "./protocol";
import { complain, tell, tellUndo } from "./toast";

/** Pixels of the longer side that is sent. */
const SIDE = 1280;
const QUALITY = 0.92;
/** Files of a batch, and bytes of it, roughly. */
const BATCH = 16;
const BATCH_BYTES = 6 << 20;
/** Bytes of a file that the browser cannot read and the node gets as it is. */
const LARGEST = 15 << 20;
/** Seconds between two pictures of a film at least, and how many are taken of one. */
const EVERY = 0.25;
const FRAMES = 120;
/** Ms for which a film's next picture is waited for. */
const PATIENCE = 10000;

interface Picture {
  data: ArrayBuffer;
  /** Ms of the page's clock. */
  stamp: number;
}

/** What is being added, for the words beside the button. */
export const adding = signal<{ label: string; done: number } | null>(null);

export const isFilm = (file: File): boolean => file.type.startsWith("video/");

async function drawn(source: CanvasImageSource, width: number, height: number): Promise<ArrayBuffer> {
  const scale = Math.min(1, SIDE / Math.max(width, height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  canvas.getContext("2d", { alpha: false })!.drawImage(source, 0, 0, canvas.width, canvas.height);
  const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, "image/jpeg", QUALITY));
  if (blob === null) throw new Error("no picture");
  return blob.arrayBuffer();
}

/** Null where it can neither be read nor sent. */
async function ofPicture(file: File): Promise<Picture | null> {
  try {
    const bitmap = await createImageBitmap(file);
    const data = await drawn(bitmap, bitmap.width, bitmap.height);
    bitmap.close();
    return { data, stamp: 0 };
  } catch {
    // Such as HEIC outside Safari: the node may read it.
    return file.size > 0 && file.size <= LARGEST ? { data: await file.arrayBuffer(), stamp: 0 } : null;
  }
}

function once(video: HTMLVideoElement, event: string): Promise<void> {
  return new Promise((done, fail) => {
    const timer = window.setTimeout(() => fail(new Error("no film")), PATIENCE);
    const end = (ended: () => void) => () => {
      window.clearTimeout(timer);
      ended();
    };
    video.addEventListener(event, end(done), { once: true });
    video.addEventListener("error", end(() => fail(new Error("no film"))), { once: true });
  });
}

/** Pictures of a film, evenly over all of it. */
async function* ofFilm(file: File): AsyncGenerator<Picture> {
  const video = document.createElement("video");
  const url = URL.createObjectURL(file);
  video.muted = true;
  video.preload = "auto";
  try {
    video.src = url;
    await once(video, "loadeddata");
    if (!Number.isFinite(video.duration)) {
      // A recording of a browser tells no length until its end was looked for.
      video.currentTime = Number.MAX_SAFE_INTEGER;
      await once(video, "seeked");
    }
    const length = video.duration;
    const step = Math.max(EVERY, length / FRAMES);
    const began = Date.now() - length * 1000;
    for (let at = 0; at < length; at += step) {
      video.currentTime = at;
      await once(video, "seeked");
      yield { data: await drawn(video, video.videoWidth, video.videoHeight), stamp: began + at * 1000 };
    }
  } finally {
    URL.revokeObjectURL(url);
    video.removeAttribute("src");
  }
}

async function send(picture: Picture, number: number): Promise<void> {
  const parts = Math.max(1, Math.ceil(picture.data.byteLength / FILE_BYTES));
  for (let part = 0; part < parts; part++) {
    const data = picture.data.slice(part * FILE_BYTES, (part + 1) * FILE_BYTES);
    const message = fileMessage(number, picture.stamp, part, parts, data);
    while (!sendBinary(message)) {
      if (link.peek().state !== "open") throw new Refusal("lost", "");
      await new Promise((done) => window.setTimeout(done, 20));
    }
  }
}

interface Outcome {
  takes: number[];
  samples: number;
  withoutFace: number;
  refused: number;
}

async function addBatch(label: string, batch: Picture[], outcome: Outcome): Promise<void> {
  for (const [number, picture] of batch.entries()) await send(picture, number);
  const reply = await request("samples.add", { label, subject: subject.peek().trim(), count: batch.length });
  if (Number(reply["take"])) outcome.takes.push(Number(reply["take"]));
  outcome.samples += Number(reply["samples"]);
  outcome.withoutFace += Number(reply["without_face"]);
  outcome.refused += Number(reply["refused"]);
  adding.value = { label, done: outcome.samples };
}

async function* read(files: File[], outcome: Outcome): AsyncGenerator<Picture> {
  for (const file of files) {
    if (isFilm(file)) {
      try {
        yield* ofFilm(file);
      } catch {
        outcome.refused += 1;
      }
    } else {
      const picture = await ofPicture(file);
      if (picture) yield picture;
      else outcome.refused += 1;
    }
  }
}

/** Make samples of files, and say what became of them; Undo takes them all back. */
export async function addFiles(label: string, files: File[]): Promise<void> {
  if (adding.peek() || files.length === 0) return;
  const outcome: Outcome = { takes: [], samples: 0, withoutFace: 0, refused: 0 };
  adding.value = { label, done: 0 };
  let batch: Picture[] = [];
  try {
    for await (const picture of read(files, outcome)) {
      batch.push(picture);
      const bytes = batch.reduce((total, one) => total + one.data.byteLength, 0);
      if (batch.length < BATCH && bytes < BATCH_BYTES) continue;
      await addBatch(label, batch, outcome);
      batch = [];
    }
    if (batch.length > 0) await addBatch(label, batch, outcome);
  } catch (error) {
    complain(error);
  }
  adding.value = null;
  const words = text.peek().samples;
  const said = [
    words.added(outcome.samples, labelName(label)),
    ...(outcome.withoutFace ? [words.withoutFace(outcome.withoutFace)] : []),
    ...(outcome.refused ? [words.unreadable(outcome.refused)] : []),
  ].join(" ");
  if (outcome.takes.length === 0) complain(said);
  else tellUndo(said, () => void takeBack(outcome.takes));
}

async function takeBack(takes: number[]): Promise<void> {
  try {
    for (const take of takes) await request("record.discard", { take });
    tell(text.peek().samples.takenBack);
  } catch (error) {
    complain(error);
  }
}
