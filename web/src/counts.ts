/** How many pictures there are of each label: those that the node has counted, and the take that is being held. */

import { computed, signal } from "@preact/signals";
import { onMessage } from "./connection";
import { record, takes } from "./state";

interface Live {
  take: number;
  label: string;
  samples: number;
}

/** The take that is held, and after it until the node tells it among the others: so no counter falls back meanwhile. */
const live = signal<Live | null>(null);

onMessage((message) => {
  const before = live.peek();
  if (message.type === "record") {
    const { state, holder, take, label, samples } = message;
    if (state === "recording" && holder === "me" && label) live.value = { take, label, samples };
    else if (before && take === before.take && samples > before.samples) live.value = { ...before, samples };
  } else if (message.type === "takes" && before && record.peek()?.state !== "recording") {
    if (message.takes.some((take) => take.take === before.take)) live.value = null;
  } else if (message.type === "welcome") live.value = null;
});

/** A take that was moved or deleted is told no more. */
export function forgetLive(take: number): void {
  if (live.peek()?.take === take) live.value = null;
}

export function recorded(label: string): number {
  const counted = takes.value?.counts[label] ?? 0;
  const now = live.value;
  if (now?.label !== label) return counted;
  const told = takes.value?.takes.find((take) => take.take === now.take)?.samples ?? 0;
  return counted + Math.max(0, now.samples - told);
}

/** The label whose pictures arrive: until the first one, a button that is held says that it is starting. */
export const arriving = computed(() => {
  const now = record.value;
  if (now?.state !== "recording" || now.holder !== "me") return null;
  return now.samples + now.without_face + now.dropped > 0 ? now.label : null;
});
