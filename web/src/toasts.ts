/** Short words at the edge of a page: what was done, or why not, and a way back. */

import { signal } from "@preact/signals";

export interface Toast {
  id: number;
  words: string;
  kind: "good" | "bad";
  /** How often it was done: one Undo takes all of it back. */
  times: number;
  /** Ms for which it stays. */
  left: number;
  undo?: () => Promise<void>;
}

/** What takes something back; those of one toast wait for each other. */
type Undo = () => unknown;

export const toasts = signal<Toast[]>([]);
/** Nothing can be undone now, as the robot is away: the way back waits. */
export const away = signal(false);

const STAY = { good: 3000, bad: 8000 };
/** Ms for which what was done can be undone by its toast. */
const UNDO = 10000;
/** Toasts at once; and ways back, which are lost with theirs. */
const MOST = 3;
const MOST_WAYS = 6;
const STEP = 250;
let nextId = 1;
/** Somebody points at a toast, or has the focus in it: all of them stay. */
let near = false;
let ticking = false;

export function stay(on: boolean): void {
  near = on;
}

function show(words: string, kind: Toast["kind"], undo?: Undo): void {
  const same = toasts.peek().find((toast) => toast.words === words && Boolean(toast.undo) === Boolean(undo));
  if (same) dismiss(same.id);
  const before = undo && same;
  const all = async () => {
    await undo?.();
    await before?.undo?.(); // the newest first
  };
  const left = undo ? UNDO : STAY[kind];
  const times = 1 + (before?.times ?? 0);
  toasts.value = fewer([...toasts.peek(), { id: nextId++, words, kind, times, left, ...(undo && { undo: all }) }]);
  if (!ticking) tick();
}

function tick(): void {
  ticking = toasts.peek().length > 0;
  if (ticking) window.setTimeout(pass, STEP);
}

/** Time passes, but not while somebody reaches for a toast, and for no Undo that cannot be done. */
function pass(): void {
  const all = toasts.peek();
  for (const toast of all) if (!near && !(toast.undo && away.peek())) toast.left -= STEP;
  if (all.some(({ left }) => left <= 0)) toasts.value = all.filter(({ left }) => left > 0);
  tick();
}

/** Mere words go before a way back does; the newest stay. */
function fewer(all: Toast[]): Toast[] {
  const ways = all.filter(({ undo }) => undo).slice(-MOST_WAYS);
  const others = all.filter(({ undo }) => !undo).slice(-Math.max(1, MOST - ways.length));
  return all.filter((toast) => ways.includes(toast) || others.includes(toast));
}

export function dismiss(id: number): void {
  near = false; // what goes away under the pointer does not tell that it has left
  toasts.value = toasts.peek().filter((toast) => toast.id !== id);
}

/** Undo what a toast tells of, or what was done last; false: nothing can be undone now. */
export function undo(toast = toasts.peek().filter((one) => one.undo).at(-1)): boolean {
  if (!toast?.undo || away.peek()) return false;
  dismiss(toast.id);
  void toast.undo();
  return true;
}

export const tell = (words: string): void => show(words, "good");

/** Say what was done, and offer to undo it. */
export const tellUndo = (words: string, undo: Undo): void => show(words, "good", undo);

/** Say what went wrong. */
export const warn = (words: string): void => show(words, "bad");
