/** A button to hold for each label, with the number of its pictures; and the pictures, which can be deleted. */

import { signal } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import { colour } from "../../colours";
import { labelName } from "../../i18n";
import { Button, Field } from "../../parts/controls";
import { Dialog } from "../../parts/dialog";
import { Icons } from "../../parts/icons";
import { beginTake } from "./camera";
import type { Shown } from "../engine/protocol";
import { added, ask, config, emoticons, held, labels, remove, state } from "./state";
import { words } from "./words";

/** Label whose pictures are looked at. */
const looking = signal<string | null>(null);
const adding = signal(false);
const fresh = signal("");

function press(label: string): void {
  if (!config.peek() || held.peek() === label) return;
  beginTake();
  held.value = label;
}

function letGo(label: string): void {
  if (held.peek() === label) held.value = null;
}

/** Keys 1 to 9 hold the labels in their order, but not while something is typed. */
function keys(): () => void {
  const which = (event: KeyboardEvent) => {
    const typing = event.target instanceof HTMLElement && event.target.closest("input, dialog");
    const digit = /^(?:Digit|Numpad)([1-9])$/.exec(event.code)?.[1];
    return digit && !typing && !event.ctrlKey && !event.metaKey && !event.altKey
      ? labels.peek()[Number(digit) - 1]
      : undefined;
  };
  const down = (event: KeyboardEvent) => {
    const label = which(event);
    if (label && !event.repeat) press(label);
  };
  const up = (event: KeyboardEvent) => {
    const label = which(event);
    if (label) letGo(label);
  };
  const leave = () => (held.value = null);
  const listeners = [
    ["keydown", down],
    ["keyup", up],
    ["blur", leave],
  ] as [string, EventListener][];
  for (const [name, listener] of listeners) window.addEventListener(name, listener);
  return () => {
    for (const [name, listener] of listeners) window.removeEventListener(name, listener);
  };
}

function Hold({ label, index }: { label: string; index: number }) {
  const texts = words.value;
  const number = state.value.counts[label] ?? 0;
  const sign = emoticons(label)[0];
  const isPress = (event: KeyboardEvent) => event.key === " " || event.key === "Enter";
  return (
    <div class="held-label">
      <button
        type="button"
        class={`hold ${held.value === label ? "on" : ""}`}
        style={{ "--label": colour(label), "--share": Math.min(number / 100, 1).toFixed(3) }}
        aria-pressed={held.value === label}
        aria-disabled={!config.value}
        aria-label={`${labelName(label)}, ${texts.samples(number)}${index < 9 ? `, ${texts.key(index + 1)}` : ""}`}
        data-testid={`hold-${label}`}
        data-count={number}
        onPointerDown={(event) => {
          if (event.button !== 0) return;
          event.currentTarget.setPointerCapture(event.pointerId);
          press(label);
        }}
        onPointerUp={() => letGo(label)}
        onPointerCancel={() => letGo(label)}
        onKeyDown={(event) => {
          if (!isPress(event)) return;
          event.preventDefault();
          if (!event.repeat) press(label);
        }}
        onKeyUp={(event) => isPress(event) && letGo(label)}
        // A screen reader clicks without pressing: it cannot hold, so it begins and ends.
        onClick={(event) => event.detail === 0 && (held.peek() === label ? letGo(label) : press(label))}
        onBlur={() => letGo(label)}
        onContextMenu={(event) => event.preventDefault()}
      >
        <span class={sign ? "emoji" : "emoji letter"} aria-hidden="true">
          {sign ?? labelName(label).slice(0, 1).toUpperCase()}
        </span>
        <span class="words">
          <span class="name">{labelName(label)}</span>
          <span class="number">{number}</span>
        </span>
        {index < 9 && <kbd aria-hidden="true">{index + 1}</kbd>}
        <span class="progress" aria-hidden="true" />
      </button>
      {number > 0 && (
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
        onInput={(value) => (fresh.value = value)}
        maxLength={64}
        autoFocus
      />
    </Dialog>
  );
}

export function Teach() {
  const texts = words.value;
  useEffect(keys, []);
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
      {looking.value !== null && <Pictures label={looking.value} />}
      {adding.value && <Add />}
    </section>
  );
}
