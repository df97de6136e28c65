/** All that was taught as one file, which the robot, its page and the page without a server write and read. */

import type { ComponentChildren } from "preact";
import { useRef, useState } from "preact/hooks";
import { text } from "../i18n";
import { Button } from "./controls";

interface ProjectProps {
  /** Nothing can be done now, or there is nothing to save. */
  rests?: boolean;
  empty?: boolean;
  hint?: string;
  onSave: () => Promise<void>;
  onOpen: (file: File) => Promise<void>;
  children?: ComponentChildren;
}

export function ProjectCard(props: ProjectProps) {
  const words = text.value.project;
  const input = useRef<HTMLInputElement>(null);
  const [busy, setBusy] = useState(false);
  const rests = busy || props.rests === true;
  const work = (done: Promise<void>) => {
    setBusy(true);
    void done.finally(() => setBusy(false));
  };
  return (
    <section class="card project" aria-label={words.title}>
      <h2>{words.title}</h2>
      {props.hint && <p class="hint">{props.hint}</p>}
      <div class="row">
        <Button icon="download" disabled={rests || props.empty === true} onClick={() => work(props.onSave())} testId="save">
          {words.save}
        </Button>
        <Button disabled={rests} onClick={() => input.current?.click()} testId="open">
          {busy ? `${words.busy}…` : words.open}
        </Button>
        {props.children}
        <input
          ref={input}
          type="file"
          accept=".zip,application/zip"
          class="hidden"
          tabIndex={-1}
          aria-hidden="true"
          aria-label={words.open}
          data-testid="file"
          onChange={(event) => {
            const file = event.currentTarget.files?.[0];
            event.currentTarget.value = "";
            if (file) work(props.onOpen(file));
          }}
        />
      </div>
    </section>
  );
}
