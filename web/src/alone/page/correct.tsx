/** A correction here: the face of the last second becomes pictures of the right label, for the next training. */

import { signal } from "@preact/signals";
import { labelName, text } from "../../i18n";
import { recordable } from "../../labels";
import { Correct } from "../../parts/correct";
import { tellUndo, warn } from "../../toasts";
import { beginTake, lastSecond } from "./camera";
import { answer, complain, emoticons, held, read, remove, still } from "./state";
import { words } from "./words";

const asking = signal(false);

async function correct(label: string): Promise<boolean> {
  const texts = words.peek();
  const take = beginTake();
  asking.value = true;
  let kept = 0;
  try {
    for (const picture of lastSecond()) {
      if ((await still(picture, { label, subject: "", take })).kept) kept += 1;
    }
  } catch (error) {
    complain(error);
  }
  asking.value = false;
  if (kept === 0) warn(texts.noFace);
  else tellUndo(texts.corrected(labelName(label), kept), () => remove({ take }));
  return kept > 0;
}

export function Correction() {
  return (
    <Correct
      read={answer.value}
      labels={recordable.value}
      sign={(label) => emoticons(label)[0]}
      hint={text.value.correct.hint}
      rest={asking.value || read.value !== null || held.value !== null}
      onCorrect={correct}
    />
  );
}
