/** What may be recorded: the page's labels, and those of this person's session, in the order that they chose. */

import { computed, untracked } from "@preact/signals";
import { labelName } from "./i18n";
import { keptJson } from "./identity";
import { folded } from "./names";
import { shelf } from "./shelf";

/** What is no expression need not be shown a hundred times. */
export const NONE = "none of these";
/** Sessions whose labels are kept. */
const SESSIONS = 50;

interface Mine {
  /** Labels that the page does not have. */
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
export const mine = computed(() => kept.value.value[shelf.owner()] ?? NOTHING);

/** Change the labels of the session; gives the way back, which keeps what was changed since. */
export function change(next: Partial<Mine>): () => void {
  const id = untracked(shelf.owner);
  const before = mine.peek();
  const after = { ...before, ...next };
  const set = (value: Mine) => {
    const all = Object.entries(kept.value.peek()).filter(([key]) => key !== id);
    kept.set(Object.fromEntries([...all.slice(1 - SESSIONS), [id, value]]));
  };
  set(after);
  return () => {
    const now = kept.value.peek()[id] ?? NOTHING;
    const back = (list: keyof Mine): string[] => {
      const [old, made, here] = [before[list], after[list], now[list]];
      if (here === made) return old;
      const left = here.filter((one) => old.includes(one) || !made.includes(one));
      return [...left, ...old.filter((one) => !made.includes(one) && !here.includes(one))];
    };
    set({ own: back("own"), order: back("order"), off: back("off") });
  };
}

/** Add the labels of a project; their order becomes one's own where they are all and nothing was ordered here. */
export function adopt(names: string[]): () => void {
  const { own, order } = mine.peek();
  const usual = untracked(shelf.usual);
  const fresh = names.filter((one) => !usual.includes(one) && !own.includes(one));
  const whole = order.length === 0 && usual.every((one) => names.includes(one));
  return change({ own: [...own, ...fresh], order: whole ? [...names] : order });
}

/** Nothing of one's own: all as it comes with the page. */
export const forgetLabels = (): (() => void) => change(NOTHING);
export const someLabels = computed(() => Object.values(mine.value).some((names) => names.length > 0));

/** The usual ones first, then those of one's own, and last what is no expression, unless the person has ordered them. */
export const recordable = computed(() => {
  const all = [...new Set([...shelf.usual(), ...mine.value.own, ...shelf.counted()])];
  const place = (label: string) => {
    const at = mine.value.order.indexOf(label);
    return at >= 0 ? at : label === NONE ? 2 * all.length : mine.value.order.length + all.indexOf(label);
  };
  return all.sort((a, b) => place(a) - place(b));
});

/** Labels that a training learns, and that should have enough pictures. */
export const taught = computed(() => recordable.value.filter((label) => label !== NONE && !isOff(label)));

export const isOwn = (label: string): boolean => !shelf.usual().includes(label);
export const isOff = (label: string): boolean => mine.value.off.includes(label);

/** The label that a name stands for here: one that is there already, or the name itself. It throws where it can be none. */
export async function meaning(name: string): Promise<string> {
  const means = await shelf.means(name);
  const same = (one: string) => [one, labelName(one)].some((written) => folded(written) === folded(name));
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
