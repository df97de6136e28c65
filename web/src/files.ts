/** Pictures and films of this device as samples, or answered by the model; what no browser reads is sent as it is. */

import { Refusal, link, request, sendBinary } from "./connection";
import { subject } from "./hold";
import { text } from "./i18n";
import type { Answer } from "./parts/preview";
import { FILE_BYTES, fileMessage } from "./protocol";
import { adding, outcomeWords, type Outcome } from "./shelf";
import { shots, type Shot } from "./shots";
import { complain, tell, tellUndo } from "./toast";

const QUALITY = 0.92;
/** Files of a batch, and bytes of it, roughly. */
const BATCH = 16;
const BATCH_BYTES = 6 << 20;
/** Bytes of a file that the browser cannot read and the node gets as it is. */
const LARGEST = 15 << 20;

interface Picture {
  data: ArrayBuffer;
  /** Ms of the page's clock. */
  stamp: number;
}

/** Null where it can neither be read nor sent. */
async function packed({ picture, file, stamp }: Shot): Promise<Picture | null> {
  if (picture) {
    const blob = await new Promise<Blob | null>((done) => picture.toBlob(done, "image/jpeg", QUALITY));
    return blob && { data: await blob.arrayBuffer(), stamp };
  }
  const mayBeRead = !file.type.startsWith("video/") && file.size > 0 && file.size <= LARGEST;
  return mayBeRead ? { data: await file.arrayBuffer(), stamp } : null;
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

async function addBatch(label: string, batch: Picture[], outcome: Outcome, takes: number[]): Promise<void> {
  for (const [number, picture] of batch.entries()) await send(picture, number);
  const reply = await request("samples.add", { label, subject: subject.peek().trim(), count: batch.length });
  if (Number(reply["take"])) takes.push(Number(reply["take"]));
  outcome.samples += Number(reply["samples"]);
  outcome.withoutFace += Number(reply["without_face"]);
  outcome.unreadable += Number(reply["refused"]);
  adding.value = outcome.samples;
}

/** What the robot's model says of a picture; null where it cannot be read. */
export async function answered(shot: Shot): Promise<Answer | null> {
  const picture = await packed(shot);
  if (picture === null) return null;
  await send(picture, 0);
  const { answers } = await request("samples.preview", { count: 1 });
  return (answers as ({ label: string; confidence: number } | null)[])[0] ?? null;
}

/** Make samples of files, and say what became of them; Undo takes them all back. */
export async function add(label: string, files: File[]): Promise<void> {
  const outcome: Outcome = { samples: 0, withoutFace: 0, unreadable: 0 };
  const takes: number[] = [];
  adding.value = 0;
  let batch: Picture[] = [];
  let whole = false;
  try {
    for await (const shot of shots(files)) {
      const picture = await packed(shot);
      if (picture === null) {
        outcome.unreadable += 1;
        continue;
      }
      batch.push(picture);
      const bytes = batch.reduce((total, one) => total + one.data.byteLength, 0);
      if (batch.length < BATCH && bytes < BATCH_BYTES) continue;
      await addBatch(label, batch, outcome, takes);
      batch = [];
    }
    if (batch.length > 0) await addBatch(label, batch, outcome, takes);
    whole = true;
  } catch (error) {
    complain(error);
  }
  const said = outcomeWords(label, outcome, whole);
  // Why nothing at all was sent, the refusal has said.
  if (takes.length === 0) return whole ? complain(said) : undefined;
  tellUndo(said, () => takeBack(takes));
}

async function takeBack(takes: number[]): Promise<void> {
  try {
    for (const take of takes) await request("record.discard", { take });
    tell(text.peek().samples.takenBack);
  } catch (error) {
    complain(error);
  }
}
