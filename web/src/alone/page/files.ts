/** Pictures and films of this device as samples, or answered by the model. */

import { signal } from "@preact/signals";
import { labelName, text } from "../../i18n";
import type { Answer } from "../../parts/preview";
import { shots, type Shot } from "../../shots";
import { tellUndo, warn } from "../../toasts";
import type { Hold, Reading } from "../engine/protocol";
import { beginTake } from "./camera";
import { ask, complain, counted, named, remove, state } from "./state";

/** Pictures that were looked at so far, of all files that are being added; null: none are. */
export const adding = signal<number | null>(null);
/** Files that are dropped meanwhile wait their turn. */
let queue: Promise<void> = Promise.resolve();

async function read({ picture }: Shot, hold: Hold | null): Promise<Reading | null> {
  if (!picture) return null;
  const bitmap = await createImageBitmap(picture);
  return ask("still", { picture: bitmap, hold }, [bitmap]);
}

export async function answered(shot: Shot): Promise<Answer | null> {
  const reading = await read(shot, null);
  if (reading === null) return null;
  const shares = new Map(reading.probabilities.map((share, at) => [state.peek().labels[at]!, share]));
  const label = named(shares);
  return { label: label ?? "", confidence: shares.get(label ?? "") ?? 0 };
}

/** Make samples of files, once those before them are added, and say what became of them; Undo takes them all back. */
export function addFiles(label: string, files: File[]): Promise<void> {
  if (files.length === 0) return queue;
  adding.value ??= 0;
  const mine = queue.then(() => add(label, files));
  queue = mine;
  return mine.then(() => {
    if (queue === mine) adding.value = null;
  });
}

async function add(label: string, files: File[]): Promise<void> {
  const words = text.peek().samples;
  const take = beginTake();
  const hold = { label, subject: "", take };
  const outcome = { samples: 0, withoutFace: 0, unreadable: 0 };
  try {
    for await (const shot of shots(files)) {
      const reading = await read(shot, hold);
      adding.value = (adding.peek() ?? 0) + 1;
      if (reading === null) outcome.unreadable += 1;
      else if (!reading.kept) outcome.withoutFace += 1;
      else {
        outcome.samples += 1;
        counted(label);
      }
    }
  } catch (error) {
    complain(error);
  }
  const said = [
    words.added(outcome.samples, labelName(label)),
    ...(outcome.withoutFace ? [words.withoutFace(outcome.withoutFace)] : []),
    ...(outcome.unreadable ? [words.unreadable(outcome.unreadable)] : []),
  ].join(" ");
  if (outcome.samples === 0) warn(said);
  else tellUndo(said, () => remove({ take }));
}
