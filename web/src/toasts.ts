/** Short words at the edge of a page: what was done, or why not, and a way back. */

import { signal } from "@preact/signals";

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

/** Say what went wrong. */
export const warn = (words: string): void => show(words, "bad");
