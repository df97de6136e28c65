/** What can be set of a training, with what each means; everything may be left as it is. */

import { signal } from "@preact/signals";
import { text } from "../i18n";
import { welcome } from "../state";
import { Field, Switch } from "./controls";
import { Figure, given, type Limits, type Setting } from "./figure";

const head = signal("");
const split = signal("");
const weighed = signal(false);
const name = signal("");

const SPLITS = ["sessions", "takes", "blocks", "random"] as const;

/** What can be set of the chosen head. */
const known = () => Object.entries(welcome.value?.heads[head.value] ?? {}) as [Setting, Limits][];

/** What is asked of the trainer: only what differs from its defaults. */
export function asked(): Record<string, string | number | boolean> {
  const all: Record<string, string | number | boolean> = {};
  if (head.value) all["head"] = head.value;
  if (split.value) all["split"] = split.value;
  if (weighed.value) all["class_weights"] = true;
  if (name.value.trim()) all["name"] = name.value.trim();
  for (const [setting, limits] of known()) {
    const value = given(setting, limits);
    if (value !== undefined) all[setting] = value;
  }
  return all;
}

interface SelectProps {
  id: string;
  label: string;
  hint: string;
  value: string;
  choices: [string, string][];
  onChoose: (value: string) => void;
}

function Select(props: SelectProps) {
  return (
    <div class="field">
      <label for={props.id}>{props.label}</label>
      <select
        id={props.id}
        value={props.value}
        aria-describedby={`${props.id}-hint`}
        onChange={(event) => props.onChoose(event.currentTarget.value)}
      >
        {props.choices.map(([value, shown]) => (
          <option key={value} value={value}>
            {shown}
          </option>
        ))}
      </select>
      <p id={`${props.id}-hint`} class="hint">
        {props.hint}
      </p>
    </div>
  );
}

export function Advanced() {
  const words = text.value.advanced;
  const heads = Object.keys(welcome.value?.heads ?? {});
  return (
    <details class="options" data-testid="advanced">
      <summary>{words.title}</summary>
      <div class="grid">
        <Select
          id="head"
          label={words.head}
          hint={words.heads[head.value] ?? words.headElse}
          value={head.value}
          choices={[["", words.standard], ...heads.map((one): [string, string] => [one, one])]}
          onChoose={(value) => (head.value = value)}
        />
        {known().map(([setting, limits]) => (
          <Figure key={setting} setting={setting} limits={limits} />
        ))}
        <Select
          id="split"
          label={words.split}
          hint={words.means.split}
          value={split.value}
          choices={[["", words.standard], ...SPLITS.map((one): [string, string] => [one, words.splits[one]])]}
          onChoose={(value) => (split.value = value)}
        />
        <Field
          label={words.name}
          hint={words.means.name}
          value={name.value}
          onInput={(value) => (name.value = value)}
          maxLength={64}
        />
        <div class="field">
          <Switch label={words.class_weights} on={weighed.value} onChange={(on) => (weighed.value = on)} />
          <p class="hint">{words.means.class_weights}</p>
        </div>
      </div>
    </details>
  );
}
