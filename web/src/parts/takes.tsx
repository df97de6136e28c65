/** The takes of this session: what each looks like, and a way to take it back. */

import { signal } from "@preact/signals";
import { colour } from "../colours";
import { request } from "../connection";
import { forgetLive } from "../counts";
import { figure, labelName, text } from "../i18n";
import type { Take } from "../protocol";
import { takes } from "../state";
import { complain, tell, tellUndo } from "../toast";
import { Button } from "./controls";

/** Takes that are being deleted: their buttons rest meanwhile. */
const going = signal<ReadonlySet<number>>(new Set());

async function discard(take: Take): Promise<void> {
  going.value = new Set([...going.peek(), take.take]);
  try {
    await request("record.discard", { take: take.take });
    forgetLive(take.take);
    tellUndo(text.peek().record.removed(take.take), () => restore(take));
  } catch (error) {
    complain(error);
  }
  going.value = new Set([...going.peek()].filter((one) => one !== take.take));
}

async function restore(take: Take): Promise<void> {
  try {
    await request("record.restore", { take: take.take });
    tell(text.peek().record.restored(take.take));
  } catch (error) {
    complain(error);
  }
}

export function TakeList() {
  const words = text.value.record;
  const all = takes.value?.takes ?? [];
  return (
    <section class="card takes" aria-label={words.takes}>
      <header>
        <h2>{words.takes}</h2>
      </header>
      {all.length === 0 && <p class="hint">{words.noTakes}</p>}
      <ul>
        {all.map((take) => (
          <li key={take.take} style={{ "--label": colour(take.label) }} data-testid="take">
            <div class="words">
              <strong title={labelName(take.label)}>{labelName(take.label)}</strong>
              <span class="hint">
                {words.of(take.samples, figure(take.seconds, 1))}
                {take.subject && ` · ${take.subject}`}
              </span>
            </div>
            <Button
              icon="bin"
              kind="quiet"
              label={words.remove(take.take, labelName(take.label))}
              disabled={going.value.has(take.take)}
              onClick={() => void discard(take)}
              testId="discard"
            />
            {take.thumbnails.length > 0 && (
              <div class="thumbnails">
                {take.thumbnails.map((source, index) => (
                  <img key={index} src={source} alt="" width="96" height="96" />
                ))}
              </div>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}
