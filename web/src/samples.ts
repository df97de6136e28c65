/** The samples of a label: listed, shown as they are seen, moved, and brought back. */

import { signal } from "@preact/signals";
import { request } from "./connection";
import { forgetLive } from "./counts";
import { text } from "./i18n";
import { complain, tell, tellUndo } from "./toast";

export interface Sample {
  take: number;
  /** Nanoseconds, as digits. */
  stamp: string;
}

export interface Listing {
  label: string;
  total: number;
  samples: Sample[];
}

/** Stamps in a request at most, and pictures. */
const STAMPS = 500;
const PICTURES = 24;

export const keyOf = ({ take, stamp }: Sample): string => `${take}-${stamp}`;

/** Something is being moved: buttons rest meanwhile. */
export const moving = signal(false);

export async function list(label: string): Promise<Listing> {
  const reply = await request("samples.list", { label });
  const takes = reply["takes"] as { take: number; stamps: string[] }[];
  const samples = takes.flatMap(({ take, stamps }) => stamps.map((stamp) => ({ take, stamp })));
  return { label, total: Number(reply["total"]), samples };
}

/** Key of a sample → what a network sees of it, a data URL; "" where there is none. */
export const pictures = signal<ReadonlyMap<string, string>>(new Map());
const wanted = new Map<string, Sample>();
let asking = false;

/** Fetch the picture of a sample that came into view. */
export function want(sample: Sample): void {
  if (pictures.peek().has(keyOf(sample))) return;
  wanted.set(keyOf(sample), sample);
  if (asking) return;
  asking = true;
  void Promise.resolve().then(fetchWanted);
}

async function fetchWanted(): Promise<void> {
  while (wanted.size > 0) {
    const first = wanted.values().next().value!;
    const some = [...wanted.values()].filter((one) => one.take === first.take).slice(0, PICTURES);
    for (const one of some) wanted.delete(keyOf(one));
    try {
      const reply = await request("samples.pictures", { take: first.take, stamps: some.map((one) => one.stamp) });
      const found = reply["pictures"] as string[];
      pictures.value = new Map([...pictures.peek(), ...some.map((one, i) => [keyOf(one), found[i] ?? ""] as const)]);
    } catch {
      wanted.clear(); // not connected: they are asked for again when they are shown again
    }
  }
  asking = false;
}

interface Done {
  take: number;
  entry: string;
  samples: number;
}

/** Move samples under another label, or to the trash where it is "". Gives what was done, also where not all was. */
async function revise(chosen: Sample[], all: Sample[], label: string): Promise<Done[]> {
  const done: Done[] = [];
  const stampsOf = (take: number, of: Sample[]) => of.filter((one) => one.take === take).map((one) => one.stamp);
  moving.value = true;
  try {
    for (const take of new Set(chosen.map((one) => one.take))) {
      const stamps = stampsOf(take, chosen);
      const whole = stamps.length === stampsOf(take, all).length;
      for (let from = 0; from < stamps.length; from += whole ? stamps.length : STAMPS) {
        const some = whole ? {} : { stamps: stamps.slice(from, from + STAMPS) };
        const reply = await request("record.revise", { take, label, ...some });
        forgetLive(take);
        done.push({ take, entry: String(reply["entry"]), samples: Number(reply["samples"]) });
      }
    }
  } catch (error) {
    complain(error);
  }
  moving.value = false;
  return done;
}

async function restore(done: Done[]): Promise<void> {
  moving.value = true;
  try {
    for (const { take, entry } of done.reverse()) await request("record.restore", { take, entry });
    tell(text.peek().samples.back);
  } catch (error) {
    complain(error);
  }
  moving.value = false;
}

const sum = (done: Done[]): number => done.reduce((total, { samples }) => total + samples, 0);

/** The same, with words and a way back. `also` is undone with it. */
export async function put(
  chosen: Sample[],
  all: Sample[],
  label: string,
  words: (n: number) => string,
  also: () => void = () => {},
): Promise<void> {
  const done = await revise(chosen, all, label);
  if (done.length === 0 && chosen.length > 0) return also();
  tellUndo(words(sum(done)), () => {
    also();
    return restore(done);
  });
}
