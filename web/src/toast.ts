/** Short words at the edge of the page: what was done, or why not. */

import { signal } from "@preact/signals";
import { Refusal, onMessage } from "./connection";
import { text } from "./i18n";
import { why } from "./i18n/reasons";

export interface Toast {
  id: number;
  words: string;
  kind: "good" | "bad";
  undo?: () => void;
}

export const toasts = signal<Toast[]>([]);

const STAY = { good: 3000, bad: 8000 };
/** Ms for which what was done can be undone by its toast. */
const UNDO = 10000;
const MOST = 3;
let nextId = 1;

function show(words: string, kind: Toast["kind"], undo?: () => void): void {
  const same = toasts.peek().find((toast) => toast.words === words);
  if (same) dismiss(same.id);
  const id = nextId++;
  toasts.value = [...toasts.peek(), { id, words, kind, ...(undo && { undo }) }].slice(-MOST);
  window.setTimeout(() => dismiss(id), undo ? UNDO : STAY[kind]);
}

export function dismiss(id: number): void {
  toasts.value = toasts.peek().filter((toast) => toast.id !== id);
}

export const tell = (words: string): void => show(words, "good");

/** Say what was done, and offer to undo it. */
export const tellUndo = (words: string, undo: () => void): void => show(words, "good", undo);

/** Our words for what the node has told as codes; its own sentence is English, for logs and other programs. */
export function reason(error: unknown): string {
  const { errors } = text.peek();
  if (!(error instanceof Refusal)) return errors["failed"]!;
  return why(error.reason) ?? errors[error.code] ?? errors["failed"]!;
}

export const complain = (error: unknown): void => show(typeof error === "string" ? error : reason(error), "bad");

onMessage((message) => {
  if (message.type === "error" && message.code !== "picture") complain(new Refusal(message.code, message.message));
});
