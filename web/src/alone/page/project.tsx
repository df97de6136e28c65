/** All that was taught, as one file that the robot reads, too; and the way to delete it. */

import { useRef } from "preact/hooks";
import { Button } from "../../parts/controls";
import { download } from "./emoticon";
import { ask, complain, remove, result, say, state } from "./state";
import { words } from "./words";

const sum = (counts: Record<string, number>) => Object.values(counts).reduce((a, b) => a + b, 0);

async function save(): Promise<void> {
  try {
    download(await ask("save", {}), `fer-${new Date().toISOString().slice(0, 10)}.zip`);
    say(words.peek().saved);
  } catch (error) {
    complain(error);
  }
}

async function load(file: Blob): Promise<void> {
  const before = sum(state.peek().counts);
  try {
    const { complete, state: found } = await ask("load", { file });
    state.value = found;
    result.value = null;
    const news = words.peek().opened(sum(found.counts) - before);
    say(complete ? news : `${news}. ${words.peek().otherNetwork}`);
  } catch (error) {
    complain(error);
  }
}

export function Project() {
  const texts = words.value;
  const input = useRef<HTMLInputElement>(null);
  const some = sum(state.value.counts) > 0;
  return (
    <section class="card project" aria-label={texts.project}>
      <h2>{texts.project}</h2>
      <div class="row">
        <Button icon="download" disabled={!some && !state.value.taught} onClick={() => void save()} testId="save">
          {texts.save}
        </Button>
        <Button onClick={() => input.current?.click()} testId="open">
          {texts.open}
        </Button>
        {some && (
          <Button icon="bin" kind="danger" onClick={() => void remove({ all: true })} testId="remove-all">
            {texts.removeAll}
          </Button>
        )}
        <input
          ref={input}
          type="file"
          accept=".zip,application/zip"
          class="hidden"
          tabIndex={-1}
          aria-hidden="true"
          data-testid="file"
          onChange={(event) => {
            const file = event.currentTarget.files?.[0];
            event.currentTarget.value = "";
            if (file) void load(file);
          }}
        />
      </div>
    </section>
  );
}
