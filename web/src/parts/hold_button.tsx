/** A big button to hold while one shows an expression, by pointer, key or tap. */

import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { colour } from "../colours";
import { labelName } from "../i18n";
import { Name } from "./controls";
import { Icons } from "./icons";

interface HoldButtonProps {
  label: string;
  /** Its emoticon, where it has one. */
  sign: string | undefined;
  index: number;
  /** What there is, and so many are enough. */
  count: number;
  enough: number;
  on: boolean;
  disabled: boolean;
  /** For those who do not see it, after the label: how many there are, and the key. */
  said: string;
  press: (label: string) => void;
  letGo: (label: string) => void;
  /** Begin or end without holding. */
  toggle: (label: string) => void;
  /** After the number. */
  children?: ComponentChildren;
  /** It is held, but nothing arrives yet. */
  starting?: boolean;
  /** Trainings leave it out. */
  off?: boolean;
  /** Takes files that are dropped on it. */
  onFiles?: (files: File[]) => void;
}

/** The label over which files are dragged. */
const over = signal<string | null>(null);
export const hasFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes("Files") ?? false;

export function HoldButton(props: HoldButtonProps) {
  const { label, sign, index, count, enough, on, disabled, press, letGo, onFiles } = props;
  const kinds = { on, starting: props.starting, full: count >= enough, off: props.off, over: over.value === label };
  const names = Object.entries(kinds).filter(([, is]) => is);
  const isPress = (event: KeyboardEvent) => event.key === " " || event.key === "Enter";
  return (
    <button
      type="button"
      class={["hold", ...names.map(([name]) => name)].join(" ")}
      style={{ "--label": colour(label), "--share": Math.min(count / enough, 1).toFixed(3) }}
      title={labelName(label)}
      aria-disabled={disabled}
      aria-pressed={on}
      data-testid={`hold-${label}`}
      data-count={count}
      data-state={props.starting ? "starting" : on ? "recording" : "idle"}
      onDragOver={(event) => {
        if (!onFiles || !hasFiles(event)) return;
        event.preventDefault();
        over.value = label;
      }}
      onDragLeave={() => (over.value = null)}
      onDrop={(event) => {
        if (!onFiles) return;
        event.preventDefault();
        over.value = null;
        onFiles([...(event.dataTransfer?.files ?? [])]);
      }}
      onPointerDown={(event) => {
        if (event.button !== 0 || disabled) return;
        event.currentTarget.setPointerCapture(event.pointerId);
        press(label);
      }}
      onPointerUp={() => letGo(label)}
      onPointerCancel={() => letGo(label)}
      onLostPointerCapture={() => letGo(label)}
      onKeyDown={(event) => {
        if (!isPress(event)) return;
        event.preventDefault();
        if (!event.repeat && !disabled) press(label);
      }}
      onKeyUp={(event) => {
        if (!isPress(event)) return;
        event.preventDefault();
        letGo(label);
      }}
      // A screen reader clicks without pressing: it cannot hold, so it begins and ends.
      onClick={(event) => event.detail === 0 && !disabled && props.toggle(label)}
      onBlur={() => letGo(label)}
      onContextMenu={(event) => event.preventDefault()}
    >
      <span class={sign ? "emoji" : "emoji letter"} aria-hidden="true">
        {sign ?? labelName(label).slice(0, 1).toUpperCase()}
      </span>
      <span class="words">
        <Name label={label} />
        <span class="hidden">, {props.said}</span>{" "}
        <span class="number" aria-hidden="true">
          {count}
          {props.children}
        </span>
      </span>
      {count >= enough ? <Icons.check /> : index < 9 && <kbd aria-hidden="true">{index + 1}</kbd>}
      <span class="progress" aria-hidden="true" />
    </button>
  );
}
