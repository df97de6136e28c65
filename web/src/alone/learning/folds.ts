/** Which faces are left out together when a training is measured; see `core/training/cross.py`. */

import { range } from "./algebra";

export interface Origin {
  label: number;
  /** Whose face it is; may be empty. */
  subject: string;
  /** 0: a picture of its own. */
  take: number;
  /** Ms. */
  stamp: number;
}

const [FOLDS, BLOCKS, FEWEST] = [10, 3, 10];
/** Ms that faces learned from and measured on are apart within a take. */
const GAP = 500;

export interface Folds {
  /** -1: none leaves the face out. */
  numbers: number[];
  measured: boolean[];
}

export function folds(origin: Origin[]): Folds {
  const groups = origin.map((_, at) => `picture ${String(at).padStart(6, "0")}`);
  const away = origin.map(() => true);
  for (const label of new Set(origin.map((one) => one.label))) {
    const filmed = range(origin.length).filter((at) => origin[at]!.label === label && origin[at]!.take > 0);
    const takes = new Set(filmed.map((at) => origin[at]!.take));
    for (const at of filmed) groups[at] = `take ${String(origin[at]!.take).padStart(6, "0")}`;
    if (takes.size === 1) blocks(filmed, origin, groups, away);
  }
  const numbers = origin.map(() => -1);
  const pairs = origin.map((one) => JSON.stringify([one.label, one.subject]));
  const of = new Map<string, number[]>();
  pairs.forEach((pair, at) => of.set(pair, [...(of.get(pair) ?? []), at]));
  const counts = [...of.values()].map((rows) => new Set(rows.map((at) => groups[at])).size);
  const several = counts.filter((count) => count > 1);
  const total = Math.min(FOLDS, several.length ? Math.min(...several) : 0);
  for (const rows of of.values()) {
    const own = [...new Set(rows.map((at) => groups[at]!))].sort();
    if (own.length > 1) for (const at of rows) numbers[at] = own.indexOf(groups[at]!) % total;
  }
  const measured = numbers.map((fold, at) => fold >= 0 && away[at]!);
  const enough = measured.filter(Boolean).length >= FEWEST;
  return { numbers, measured: measured.map((one) => one && enough) };
}

/** A label's only take is cut into blocks in time; faces near another block are not measured on. */
function blocks(filmed: number[], origin: Origin[], groups: string[], away: boolean[]): void {
  const stamp = (at: number) => origin[at]!.stamp;
  const order = [...filmed].sort((a, b) => stamp(a) - stamp(b));
  const block = new Map(order.map((at, place) => [at, Math.floor((place * BLOCKS) / order.length)]));
  for (const at of filmed) groups[at] += ` block ${block.get(at)}`;
  for (const number of range(BLOCKS)) {
    const own = order.filter((at) => block.get(at) === number);
    const others = order.filter((at) => block.get(at) !== number);
    if (!own.length || !others.length) continue;
    const gap = Math.min(GAP, (stamp(own.at(-1)!) - stamp(own[0]!)) / 4);
    for (const at of own) away[at] = others.every((other) => Math.abs(stamp(at) - stamp(other)) >= gap);
  }
}
