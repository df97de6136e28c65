/** A correction on the robot: its last second becomes pictures of the right label, which it learns at once. */

import { signal } from "@preact/signals";
import { Refusal, request } from "../connection";
import { current } from "../faces";
import { subject } from "../hold";
import { labelName, text } from "../i18n";
import { model, nodes, training, welcome } from "../state";
import { complain, tell, tellUndo } from "../toast";
import { Correct } from "./correct";

const asking = signal(false);

async function correct(label: string, face: number): Promise<boolean> {
  const words = text.peek().correct;
  asking.value = true;
  try {
    const { samples, message, reason } = await request("correct", { label, face, subject: subject.peek().trim() });
    tellUndo(words.done(labelName(label), Number(samples)), () => undo());
    if (message) complain(new Refusal("failed", String(message), reason ?? null));
    return true;
  } catch (error) {
    complain(error);
    return false;
  } finally {
    asking.value = false;
  }
}

async function undo(): Promise<void> {
  try {
    await request("correct.undo");
    tell(text.peek().correct.undone);
  } catch (error) {
    complain(error);
  }
}

export function OwnCorrect() {
  const words = text.value.correct;
  const reading = current.value;
  return (
    <Correct
      read={nodes.value?.recorder === true ? (reading?.label ?? null) : null}
      labels={model.value?.labels ?? []}
      sign={(label) => welcome.value?.emoticons[label]?.[0]}
      hint={training.value ? words.learning : words.hint}
      rest={asking.value || training.value}
      onCorrect={(label) => (reading ? correct(label, reading.id) : Promise.resolve(false))}
    />
  );
}
