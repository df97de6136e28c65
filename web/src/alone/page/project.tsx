/** All that was taught, as one file that the robot reads, too; and the way to delete it. */

import { download } from "../../emoticon";
import { text } from "../../i18n";
import { adopt, recordable, someLabels } from "../../labels";
import { Button } from "../../parts/controls";
import { ProjectCard } from "../../parts/project";
import { ask, complain, done, remove, state } from "./state";
import { tell } from "../../toasts";
import { words } from "./words";

const sum = (counts: Record<string, number>) => Object.values(counts).reduce((a, b) => a + b, 0);

async function save(): Promise<void> {
  try {
    download(await ask("save", { labels: recordable.peek() }), `fer-${new Date().toISOString().slice(0, 10)}.zip`);
    tell(text.peek().project.saved);
  } catch (error) {
    complain(error);
  }
}

async function load(file: Blob): Promise<void> {
  const texts = words.peek();
  try {
    const reply = await ask("load", { file });
    const news = [
      text.peek().project.added(reply.added),
      ...(reply.already ? [texts.already(reply.already)] : []),
      ...(reply.complete ? [] : [texts.otherNetwork]),
    ];
    done(news.join(" "), reply, adopt(reply.labels));
  } catch (error) {
    complain(error);
  }
}

export function Project() {
  const empty = sum(state.value.counts) === 0 && !state.value.taught;
  return (
    <ProjectCard empty={empty} onSave={save} onOpen={load}>
      {(!empty || someLabels.value) && (
        <Button icon="bin" kind="danger" onClick={() => void remove({ all: true })} testId="remove-all">
          {words.value.removeAll}
        </Button>
      )}
    </ProjectCard>
  );
}
