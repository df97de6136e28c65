/** Short words at the edge of a page: what was done, or why not, and a way back. */

import { signal } from "@preact/signals";

export interface Toast {
  id: number;
  words: string;
  kind: "good" | "bad";
  /** How often it was done: one Undo takes all of it back. */
  times: number;
  undo?: () => Promise<void>;
}

/** What takes something back; those of one toast wait for each other. */
type Undo = () => unknown;

export const toasts = signal<Toast[]>([]);

const STAY = { good: 3000, bad: 8000 };
/** Ms for which what was done can be undone by its toast. */
const UNDO = 10000;
const MOST = 3;
let nextId = 1;

function show(words: string, kind: Toast["kind"], undo?: Undo): void {
  const same = toasts.peek().find((toast) => toast.words === words && Boolean(toast.undo) === Boolean(undo));
  if (same) dismiss(same.id);
  const id = nextId++;
  const before = undo && same;
  const all = async () => {
    await undo?.();
    await before?.undo?.(); // the newest first
  };
  toasts.value = fewer([...toasts.peek(), { id, words, kind, times: 1 + (before?.times ?? 0), ...(undo && { undo: all }) }]);
  window.setTimeout(() => dismiss(id), undo ? UNDO : STAY[kind]);
}

/** Mere words go before a way back does; the newest stay. */
function fewer(all: Toast[]): Toast[] {
  const ways = all.filter(({ undo }) => undo).slice(-MOST);
  const others = all.filter(({ undo }) => !undo).slice(-Math.max(1, MOST - ways.length));
  return all.filter((toast) => ways.includes(toast) || others.includes(toast));
}

export function dismiss(id: number): void {
  toasts.value = toasts.peek().filter((toast) => toast.id !== id);
}

export const tell = (words: string): void => show(words, "good");

/** Say what was done, and offer to undo it. */
export const tellUndo = (words: string, undo: Undo): void => show(words, "good", undo);

/** Say what went wrong. */
export const warn = (words: string): void => show(words, "bad");
