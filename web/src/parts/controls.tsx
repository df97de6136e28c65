/** Small controls that several pages use. */

import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";
import { labelName } from "../i18n";
import { Icons, type IconName } from "./icons";

interface ButtonProps {
  children?: ComponentChildren;
  icon?: IconName;
  kind?: "primary" | "plain" | "quiet" | "danger";
  /** Name for those who do not see the icon; also the tooltip. */
  label?: string;
  /** It does nothing, but keeps the focus: what was just pressed rests while it works. */
  disabled?: boolean;
  pressed?: boolean;
  type?: "button" | "submit";
  onClick?: () => void;
  testId?: string;
  class?: string;
}

export function Button(props: ButtonProps) {
  const Picture = props.icon ? Icons[props.icon] : null;
  const bare = props.children === undefined;
  return (
    <button
      type={props.type ?? "button"}
      class={`button ${props.kind ?? "plain"} ${bare ? "bare" : ""} ${props.class ?? ""}`}
      aria-disabled={props.disabled}
      aria-pressed={props.pressed}
      aria-label={props.label}
      title={bare ? props.label : undefined}
      onClick={(event) => (props.disabled ? event.preventDefault() : props.onClick?.())}
      data-testid={props.testId}
    >
      {Picture && <Picture />}
      {props.children !== undefined && <span>{props.children}</span>}
    </button>
  );
}

/** What a label is called, whole in its title where it has no room, and cut at its end in whatever script. */
export function Name({ label }: { label: string }) {
  return (
    <span class="name" dir="auto" title={labelName(label)}>
      {labelName(label)}
    </span>
  );
}

interface ChoiceProps<T extends string> {
  label: string;
  choices: readonly { value: T; name: string }[];
  value: T;
  onChoose: (value: T) => void;
  disabled?: boolean;
  hideLabel?: boolean;
}

/** One of a few, side by side. */
export function Choice<T extends string>(props: ChoiceProps<T>) {
  const name = useId();
  return (
    <fieldset class="choice" disabled={props.disabled}>
      <legend class={props.hideLabel ? "hidden" : ""}>{props.label}</legend>
      <div class="segments">
        {props.choices.map((choice) => (
          <label key={choice.value} class={choice.value === props.value ? "chosen" : ""}>
            <input
              type="radio"
              name={name}
              value={choice.value}
              checked={choice.value === props.value}
              onChange={() => props.onChoose(choice.value)}
            />
            <span>{choice.name}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

interface SwitchProps {
  label: string;
  on: boolean;
  onChange: (on: boolean) => void;
}

export function Switch(props: SwitchProps) {
  return (
    <label class="switch">
      <input
        type="checkbox"
        role="switch"
        checked={props.on}
        onChange={(event) => props.onChange(event.currentTarget.checked)}
      />
      <span class="track" aria-hidden="true" />
      <span>{props.label}</span>
    </label>
  );
}

interface FieldProps {
  label: string;
  value: string;
  onInput: (value: string) => void;
  placeholder?: string;
  hint?: string;
  maxLength?: number;
  inputMode?: "numeric" | "text";
  autoFocus?: boolean;
}

export function Field(props: FieldProps) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{props.label}</label>
      <input
        id={id}
        type="text"
        value={props.value}
        placeholder={props.placeholder}
        maxLength={props.maxLength}
        inputMode={props.inputMode}
        autoFocus={props.autoFocus}
        autoComplete="off"
        spellcheck={false}
        aria-describedby={props.hint ? `${id}-hint` : undefined}
        onInput={(event) => props.onInput(event.currentTarget.value)}
      />
      {props.hint && (
        <p id={`${id}-hint`} class="hint">
          {props.hint}
        </p>
      )}
    </div>
  );
}

/** What starts every node. */
export const LAUNCH = "ros2 launch fer_ros live.launch.py dashboard:=true";

interface NoticeProps {
  kind: "info" | "warn" | "bad" | "good";
  children: ComponentChildren;
  /** A command to type, shown as such. */
  command?: string;
  action?: ComponentChildren;
  testId?: string;
}

/** A sentence that the person should not miss. */
export function Notice(props: NoticeProps) {
  return (
    <div class={`notice ${props.kind}`} role={props.kind === "bad" ? "alert" : "status"} data-testid={props.testId}>
      <div>
        {props.children}
        {props.command && <code>{props.command}</code>}
      </div>
      {props.action}
    </div>
  );
}
