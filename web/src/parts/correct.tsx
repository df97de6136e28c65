/** "No, that was …": the last second becomes pictures of the right label, and the robot learns them at once. */

import { signal } from "@preact/signals";
import { colour } from "../colours";
import { Refusal, request } from "../connection";
import { current } from "../faces";
import { subject } from "../hold";
import { labelName, text } from "../i18n";
import { model, nodes, training, welcome } from "../state";
import { complain, tell, tellUndo } from "../toast";
import { Button } from "./controls";

const open = signal(false);
const asking = signal(false);

async function correct(label: string, face: number): Promise<void> {
  const words = text.peek().correct;
  asking.value = true;
  try {
    const { samples, message, reason } = await request("correct", { label, face, subject: subject.peek().trim() });
    open.value = false;
    tellUndo(words.done(labelName(label), Number(samples)), () => undo());
    if (message) complain(new Refusal("failed", String(message), reason ?? null));
  } catch (error) {
    complain(error);
  }
  asking.value = false;
}

async function undo(): Promise<void> {
  try {
    await request("correct.undo");
    tell(text.peek().correct.undone);
  } catch (error) {
    complain(error);
  }
}

export function Correct() {
  const words = text.value.correct;
  const reading = current.value;
  const names = model.value?.labels ?? [];
  // Its place stays where there is nothing to correct, so that nothing moves when there is.
  if (!reading || nodes.value?.recorder !== true || names.length < 2) return <div class="correct" />;
  const rest = asking.value || training.value;
  return (
    <div class="correct">
      <Button kind="plain" pressed={open.value} onClick={() => (open.value = !open.value)} testId="correct">
        {words.no}
      </Button>
      {open.value && (
        <div role="group" aria-label={words.no}>
          <p class="hint">{training.value ? words.learning : words.hint}</p>
          <div class="chips">
            {names
              .filter((label) => label !== reading.label)
              .map((label) => (
                <button
                  key={label}
                  type="button"
                  class="chip"
                  style={{ "--label": colour(label) }}
                  aria-disabled={rest}
                  onClick={() => !rest && void correct(label, reading.id)}
                  data-testid={`correct-${label}`}
                >
                  <span class="emoji" aria-hidden="true">
                    {welcome.value?.emoticons[label]?.[0]}
                  </span>{" "}
                  {labelName(label)}
                </button>
              ))}
          </div>
        </div>
      )}
    </div>
  );
}
