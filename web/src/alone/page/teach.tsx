/** A button to hold for each label, with the number of its pictures; and the pictures, which can be deleted. */

import { signal } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import { labelName, text } from "../../i18n";
import { holdByKeys } from "../../keys";
import { Button, Field, Notice } from "../../parts/controls";
import { Dialog } from "../../parts/dialog";
import { HoldButton } from "../../parts/hold_button";
import { Adding, FilesButton, Preview, catchDrops, tried } from "../../parts/preview";
import { Icons } from "../../parts/icons";
import { beginTake } from "./camera";
import type { Shown } from "../engine/protocol";
import { addFiles, answered, done } from "./files";
import { added, ask, complain, config, emoticons, held, labels, remove, state } from "./state";
import { words } from "./words";

/** Label whose pictures are looked at. */
const looking = signal<string | null>(null);
const adding = signal(false);
const fresh = signal("");
/** Why the name will not do. */
const refused = signal("");

function press(label: string): void {
  if (!config.peek() || held.peek() === label) return;
  beginTake();
  held.value = label;
}

function letGo(label: string): void {
  if (held.peek() === label) held.value = null;
}

const leave = () => (held.value = null);

/** Nobody holds a button of a page that they do not see. */
function holding(): () => void {
  const end = holdByKeys(() => labels.peek(), press, letGo);
  window.addEventListener("blur", leave);
  return () => {
    end();
    window.removeEventListener("blur", leave);
  };
}

/** Pictures of a label that are plenty. */
const ENOUGH = 100;

function Hold({ label, index }: { label: string; index: number }) {
  const texts = words.value;
  const count = state.value.counts[label] ?? 0;
  const on = held.value === label;
  return (
    <div class="held-label">
      <HoldButton
        {...{ label, index, count, on, press, letGo }}
        sign={emoticons(label)[0]}
        enough={ENOUGH}
        disabled={!config.value}
        said={`${texts.samples(count)}${index < 9 ? `, ${texts.key(index + 1)}` : ""}`}
        toggle={on ? letGo : press}
        onFiles={(files) => void addFiles(label, files)}
      />
      {count > 0 && (
        <Button
          icon="image"
          kind="quiet"
          label={texts.showPictures(labelName(label))}
          onClick={() => (looking.value = label)}
          testId={`pictures-${label}`}
        />
      )}
    </div>
  );
}

function Picture({ shown, onRemove }: { shown: Shown; onRemove: () => void }) {
  const [url, setUrl] = useState("");
  useEffect(() => {
    const made = URL.createObjectURL(shown.picture);
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [shown]);
  return (
    <li>
      {url && <img src={url} alt="" loading="lazy" />}
      <Button icon="bin" kind="quiet" label={words.value.remove} onClick={onRemove} />
    </li>
  );
}

function Pictures({ label }: { label: string }) {
  const texts = words.value;
  const [all, setAll] = useState<Shown[]>([]);
  useEffect(() => {
    void ask("samples", { label }).then(setAll);
  }, [label]);
  const one = (id: number) => {
    setAll(all.filter((shown) => shown.id !== id));
    void remove({ ids: [id] });
  };
  const everything = () => {
    looking.value = null;
    void remove({ label });
  };
  return (
    <Dialog
      title={`${labelName(label)}: ${texts.samples(all.length)}`}
      onClose={() => (looking.value = null)}
      onSubmit={everything}
      actions={
        <Button kind="danger" type="submit" icon="bin" testId="remove-label">
          {texts.removeLabel(labelName(label))}
        </Button>
      }
    >
      <ul class="pictures" data-testid="pictures">
        {all.map((shown) => (
          <Picture key={shown.id} shown={shown} onRemove={() => one(shown.id)} />
        ))}
      </ul>
    </Dialog>
  );
}

function Add() {
  const texts = words.value;
  const add = () => {
    const label = fresh.peek().trim();
    if (!label) return;
    if (label.includes(",")) {
      refused.value = texts.comma;
      return;
    }
    if (!labels.peek().includes(label)) added.value = [...added.peek(), label];
    fresh.value = "";
    adding.value = false;
  };
  return (
    <Dialog
      title={texts.add}
      onClose={() => (adding.value = false)}
      onSubmit={add}
      actions={
        <Button kind="primary" type="submit" disabled={!fresh.value.trim()}>
          {texts.add}
        </Button>
      }
    >
      <Field
        label={texts.addHint}
        value={fresh.value}
        onInput={(value) => {
          fresh.value = value;
          refused.value = "";
        }}
        maxLength={64}
        autoFocus
      />
      {refused.value && (
        <Notice kind="bad" testId="refused">
          {refused.value}
        </Notice>
      )}
    </Dialog>
  );
}

export function Teach() {
  const texts = words.value;
  useEffect(holding, []);
  useEffect(catchDrops, []);
  return (
    <section class="card holding" aria-label={texts.teach}>
      <header>
        <h2>{texts.teach}</h2>
        <p class="hint">
          {texts.teachHint} <span class="keyboard">{texts.keysHint}</span>
        </p>
      </header>
      <div class="buttons">
        {labels.value.map((label, index) => (
          <Hold key={label} label={label} index={index} />
        ))}
        <button type="button" class="hold add" onClick={() => (adding.value = true)} data-testid="add-label">
          <Icons.plus />
          <span class="name">{texts.add}</span>
        </button>
      </div>
      <FilesButton
        icon="watch"
        disabled={!config.value}
        onFiles={(files) => (tried.value = files)}
        testId="try-files"
      >
        {text.value.tried.choose}
      </FilesButton>
      <Adding done={done.value} />
      {tried.value && (
        <Preview
          files={tried.value}
          answer={answered}
          sign={(label) => emoticons(label)[0]}
          labels={labels.value}
          onAdd={(label, files) => void addFiles(label, files)}
          onFail={complain}
        />
      )}
      {looking.value !== null && <Pictures label={looking.value} />}
      {adding.value && <Add />}
    </section>
  );
}
