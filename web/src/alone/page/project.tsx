/** All that was taught, as one file that the robot reads, too; and the way to delete it. */

import { download } from "../../emoticon";
import { text } from "../../i18n";
import { Button } from "../../parts/controls";
import { ProjectCard } from "../../parts/project";
import { ask, complain, remove, result, state } from "./state";
import { tell } from "../../toasts";
import { words } from "./words";

const sum = (counts: Record<string, number>) => Object.values(counts).reduce((a, b) => a + b, 0);

async function save(): Promise<void> {
  try {
    download(await ask("save", {}), `fer-${new Date().toISOString().slice(0, 10)}.zip`);
    tell(text.peek().project.saved);
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
    const news = text.peek().project.added(sum(found.counts) - before);
    tell(complete ? news : `${news} ${words.peek().otherNetwork}`);
  } catch (error) {
    complain(error);
  }
}

export function Project() {
  const some = sum(state.value.counts) > 0;
  return (
    <ProjectCard empty={!some && !state.value.taught} onSave={save} onOpen={load}>
      {some && (
        <Button icon="bin" kind="danger" onClick={() => void remove({ all: true })} testId="remove-all">
          {words.value.removeAll}
        </Button>
      )}
    </ProjectCard>
  );
}
