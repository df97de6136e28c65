/** "No, that was …": what was read last is something else. */

import { signal } from "@preact/signals";
import { colour } from "../colours";
import { labelName, text } from "../i18n";
import { Button } from "./controls";

const open = signal(false);

interface CorrectProps {
  /** The label that is read; null: there is nothing to correct. */
  read: string | null;
  /** What it may have been. */
  labels: readonly string[];
  sign: (label: string) => string | undefined;
  hint: string;
  /** Nothing can be corrected now. */
  rest: boolean;
  /** Whether that was done. */
  onCorrect: (label: string) => Promise<boolean>;
}

export function Correct({ read, labels, sign, hint, rest, onCorrect }: CorrectProps) {
  const words = text.value.correct;
  // Its place stays where there is nothing to correct, so that nothing moves when there is.
  if (read === null || labels.length < 2) return <div class="correct" />;
  return (
    <div class="correct">
      <Button kind="plain" pressed={open.value} onClick={() => (open.value = !open.value)} testId="correct">
        {words.no}
      </Button>
      {open.value && (
        <div role="group" aria-label={words.no}>
          <p class="hint">{hint}</p>
          <div class="chips">
            {labels
              .filter((label) => label !== read)
              .map((label) => (
                <button
                  key={label}
                  type="button"
                  class="chip"
                  style={{ "--label": colour(label) }}
                  aria-disabled={rest}
                  onClick={() => !rest && void onCorrect(label).then((done) => done && (open.value = false))}
                  data-testid={`correct-${label}`}
                >
                  <span class="emoji" aria-hidden="true">
                    {sign(label)}
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
