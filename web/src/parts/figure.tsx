/** A number that can be set of a training, with what it means; left empty, it is as usual. */

import { signal } from "@preact/signals";
import { figure, text } from "../i18n";
import { Field } from "./controls";

/** As the robot's heads call them. */
export type Setting = "epochs" | "learning_rate" | "batch_fraction" | "hidden_units";
/** What is usual, and the range; null: no limit. */
export type Limits = readonly [number, number | null, number | null];

const WHOLE: readonly Setting[] = ["epochs", "hidden_units"];
const typed = signal<Partial<Record<Setting, string>>>({});

/** What was typed, within the range; undefined: nothing that is a number above 0. */
export function given(setting: Setting, [, low, high]: Limits): number | undefined {
  const value = Number.parseFloat(typed.value[setting] ?? "");
  return value > 0 ? Math.min(Math.max(value, low ?? value), high ?? value) : undefined;
}

export function Figure({ setting, limits }: { setting: Setting; limits: Limits }) {
  const words = text.value.advanced;
  const whole = WHOLE.includes(setting);
  const clean = (value: string) => value.replace(whole ? /\D/g : /[^\d.eE-]/g, "").slice(0, 8);
  return (
    <Field
      label={words[setting]}
      hint={words.means[setting]}
      value={typed.value[setting] ?? ""}
      onInput={(value) => (typed.value = { ...typed.value, [setting]: clean(value) })}
      placeholder={words.normally(whole ? figure(limits[0]) : String(limits[0]))}
      inputMode={whole ? "numeric" : "text"}
    />
  );
}
