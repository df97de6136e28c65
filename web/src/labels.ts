/** What may be recorded: the robot's labels, and those of this person's session, in the order that they chose. */

import { computed } from "@preact/signals";
import { request } from "./connection";
import { keptJson, session } from "./identity";
import { labels, takes, welcome } from "./state";

/** What is no expression need not be shown a hundred times. */
export const NONE = "none of these";
/** Sessions whose labels are kept. */
const SESSIONS = 50;
/** Characters of a label at most. */
export const LONGEST = 64;

interface Mine {
  /** Labels that the robot does not have. */
  own: string[];
  /** Labels in the order that was chosen; others come behind. */
  order: string[];
  /** Labels that trainings leave out. */
  off: string[];
}

const NOTHING: Mine = { own: [], order: [], off: [] };
const texts = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((one): one is string => typeof one === "string") : [];
const kept = keptJson("labels", (value) => {
  const found: Record<string, Mine> = {};
  for (const [key, one] of Object.entries((value ?? {}) as Record<string, Partial<Mine> | null>))
    found[key] = { own: texts(one?.own), order: texts(one?.order), off: texts(one?.off) };
  return found;
});

/** Those of the session. */
export const mine = computed(() => kept.value.value[session.value] ?? NOTHING);

/** Change the labels of the session; gives the way back. */
export function change(next: Partial<Mine>): () => void {
  const [id, before] = [session.peek(), mine.peek()];
  const set = (value: Mine) => {
    const all = Object.entries(kept.value.peek()).filter(([key]) => key !== id);
    kept.set(Object.fromEntries([...all.slice(1 - SESSIONS), [id, value]]));
  };
  set({ ...before, ...next });
  return () => set(before);
}

/** The robot's own. */
export const robots = computed(() => (labels.value.length ? labels.value : (welcome.value?.labels ?? [])));

/** The seven first, then those of one's own, and last what is no expression, unless the person has ordered them. */
export const recordable = computed(() => {
  const counted = Object.keys(takes.value?.session === session.value ? takes.value.counts : {});
  const all = [...new Set([...robots.value, ...mine.value.own, ...counted.filter((label) => counts(label) > 0)])];
  const place = (label: string) => {
    const at = mine.value.order.indexOf(label);
    return at >= 0 ? at : label === NONE ? 2 * all.length : mine.value.order.length + all.indexOf(label);
  };
  return all.sort((a, b) => place(a) - place(b));
});

const counts = (label: string): number => takes.value?.counts[label] ?? 0;

/** Labels that a training learns, and that should have enough pictures. */
export const taught = computed(() => recordable.value.filter((label) => label !== NONE && !isOff(label)));

export const isOwn = (label: string): boolean => !robots.value.includes(label);
export const isOff = (label: string): boolean => mine.value.off.includes(label);

/** The label that a name stands for here: one that is there already, or the name itself.
 * @throws {Refusal} where it can be no label. */
export async function meaning(name: string): Promise<string> {
  const reply = await request("label.check", { label: name });
  const means = String(reply["means"] ?? "");
  const same = (one: string) => one.normalize().toLowerCase() === name.normalize().toLowerCase();
  return means || (recordable.peek().find(same) ?? name);
}

/** Put a label before another one, or last. */
export function move(label: string, by: -1 | 1): () => void {
  const order = [...recordable.peek()];
  const at = order.indexOf(label);
  const to = Math.max(0, Math.min(order.length - 1, at + by));
  order.splice(to, 0, ...order.splice(at, 1));
  return change({ order });
}
