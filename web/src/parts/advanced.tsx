/** What can be set of a training, with what each means; everything may be left as it is. */

import { signal } from "@preact/signals";
import { figure, text } from "../i18n";
import { welcome } from "../state";
import { Field, Switch } from "./controls";

const head = signal("");
const split = signal("");
const numbers = signal<Record<string, string>>({});
const weighed = signal(false);
const name = signal("");

const SPLITS = ["sessions", "takes", "blocks", "random"] as const;
type Number = "epochs" | "learning_rate" | "hidden_units";

/** The default and the range of a setting; undefined where the chosen head has none. */
const known = (setting: Number) => welcome.value?.heads[head.value]?.[setting];

/** What is asked of the trainer: only what differs from its defaults. */
export function asked(): Record<string, string | number | boolean> {
  const given: Record<string, string | number | boolean> = {};
  if (head.value) given["head"] = head.value;
  if (split.value) given["split"] = split.value;
  if (weighed.value) given["class_weights"] = true;
  if (name.value.trim()) given["name"] = name.value.trim();
  for (const setting of ["epochs", "learning_rate", "hidden_units"] as const) {
    const limits = known(setting);
    const value = Number.parseFloat(numbers.value[setting] ?? "");
    if (!limits || !(value > 0)) continue;
    const [, low, high] = limits;
    given[setting] = Math.min(Math.max(value, low ?? value), high ?? value);
  }
  return given;
}

function Figure({ setting }: { setting: Number }) {
  const words = text.value.advanced;
  const limits = known(setting);
  if (!limits) return null;
  const decimal = setting === "learning_rate";
  return (
    <Field
      label={words[setting]}
      hint={words.means[setting]}
      value={numbers.value[setting] ?? ""}
      onInput={(typed) =>
        (numbers.value = { ...numbers.value, [setting]: typed.replace(decimal ? /[^\d.eE-]/g : /\D/g, "").slice(0, 8) })
      }
      placeholder={words.normally(decimal ? String(limits[0]) : figure(limits[0]))}
      inputMode={decimal ? "text" : "numeric"}
    />
  );
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
        <Figure setting="epochs" />
        <Figure setting="learning_rate" />
        <Figure setting="hidden_units" />
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
