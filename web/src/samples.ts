/** The robot's shelf: samples are listed, shown as they are seen, moved, and brought back by requests. */

import { link, request } from "./connection";
import { forgetLive, recorded } from "./counts";
import { add } from "./files";
import { session } from "./identity";
import { keyOf, pictures, type Done, type Listing, type Sample, type Shelf } from "./shelf";
import { labels, takes, welcome } from "./state";
import { complain, reason } from "./toast";

/** Stamps in a request at most, and pictures. */
const STAMPS = 500;
const PICTURES = 24;

async function list(label: string): Promise<Listing> {
  const reply = await request("samples.list", { label });
  const found = reply["takes"] as { take: number; stamps: string[] }[];
  const samples = found.flatMap(({ take, stamps }) => stamps.map((id) => ({ take, id })));
  return { label, total: Number(reply["total"]), samples };
}

const wanted = new Map<string, Sample>();
let asking = false;

function want(sample: Sample): void {
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
      const reply = await request("samples.pictures", { take: first.take, stamps: some.map((one) => one.id) });
      const found = reply["pictures"] as string[];
      pictures.value = new Map([...pictures.peek(), ...some.map((one, i) => [keyOf(one), found[i] ?? ""] as const)]);
    } catch {
      wanted.clear(); // not connected: they are asked for again when they are shown again
    }
  }
  asking = false;
}

interface Revised {
  take: number;
  entry: string;
  samples: number;
}

/** Where not all can be moved, what was moved can be brought back all the same. */
async function put(some: Sample[], all: Sample[], label: string): Promise<Done | null> {
  const done: Revised[] = [];
  const stampsOf = (take: number, of: Sample[]) => of.filter((one) => one.take === take).map((one) => one.id);
  try {
    for (const take of new Set(some.map((one) => one.take))) {
      const stamps = stampsOf(take, some);
      const whole = stamps.length === stampsOf(take, all).length;
      for (let from = 0; from < stamps.length; from += whole ? stamps.length : STAMPS) {
        const which = whole ? {} : { stamps: stamps.slice(from, from + STAMPS) };
        const reply = await request("record.revise", { take, label, ...which });
        forgetLive(take);
        done.push({ take, entry: String(reply["entry"]), samples: Number(reply["samples"]) });
      }
    }
  } catch (error) {
    complain(error);
  }
  if (done.length === 0) return null;
  return {
    samples: done.reduce((total, { samples }) => total + samples, 0),
    back: async () => {
      for (const { take, entry } of done.reverse()) await request("record.restore", { take, entry });
    },
  };
}

/** Pictures of each label in this session. */
const counts = () => (takes.value?.session === session.value ? takes.value.counts : {});

export const robots: Shelf = {
  owner: () => session.value,
  usual: () => (labels.value.length ? labels.value : (welcome.value?.labels ?? [])),
  counted: () => Object.keys(counts()).filter((label) => counts()[label]! > 0),
  count: recorded,
  open: () => link.value.state === "open",
  settled: () => takes.value,
  means: async (name) => String((await request("label.check", { label: name }))["means"] ?? ""),
  reason,
  complain,
  list,
  want,
  put,
  add,
};
