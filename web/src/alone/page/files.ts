/** Pictures and films of this device as samples, or answered by the model. */

import type { Answer } from "../../parts/preview";
import { adding, outcomeWords } from "../../shelf";
import { shots, type Shot } from "../../shots";
import { tellUndo, warn } from "../../toasts";
import type { Hold, Reading } from "../engine/protocol";
import { beginTake } from "./camera";
import { complain, named, remove, state, still } from "./state";

async function read({ picture }: Shot, hold: Hold | null): Promise<Reading | null> {
  return picture && still(await createImageBitmap(picture), hold);
}

export async function answered(shot: Shot): Promise<Answer | null> {
  const reading = await read(shot, null);
  if (reading === null) return null;
  const shares = new Map(reading.probabilities.map((share, at) => [state.peek().labels[at]!, share]));
  const label = named(shares);
  return { label: label ?? "", confidence: shares.get(label ?? "") ?? 0 };
}

/** Make samples of files, and say what became of them; Undo takes them all back. */
export async function add(label: string, files: File[]): Promise<void> {
  const take = beginTake();
  const hold = { label, subject: "", take };
  const outcome = { samples: 0, withoutFace: 0, unreadable: 0 };
  try {
    for await (const shot of shots(files)) {
      const reading = await read(shot, hold);
      adding.value = (adding.peek() ?? 0) + 1;
      if (reading === null) outcome.unreadable += 1;
      else if (!reading.kept) outcome.withoutFace += 1;
      else outcome.samples += 1;
    }
  } catch (error) {
    complain(error);
  }
  const said = outcomeWords(label, outcome);
  if (outcome.samples === 0) warn(said);
  else tellUndo(said, () => remove({ take }));
}
