/** The shelf of the page that needs no server: what the engine keeps in this browser. */

import { effect, signal } from "@preact/signals";
import { resolve, unfit } from "../../names";
import { HERE } from "../here";
import { adding, keyOf, pictures, type Done, type Listing, type Sample, type Shelf } from "../../shelf";
import { add } from "./files";
import { worded } from "./refusals";
import { accept, ask, complain, config, held, read, state } from "./state";
import { words } from "./words";

/** A name that can be no label. */
class Unfit extends Error {
  constructor(readonly why: "comma" | "name") {
    super(why);
  }
}

/** The pictures of the label that was listed last, by their keys. */
let listed = new Map<string, Blob>();

async function list(label: string): Promise<Listing> {
  const found = await ask("samples", { label });
  const samples = found.map(({ id, take }) => ({ take, id: String(id) }));
  listed = new Map(samples.map((one, at) => [keyOf(one), found[at]!.picture]));
  const [kept, old] = [new Map<string, string>(), pictures.peek()];
  for (const [key, url] of old) {
    if (listed.has(key)) kept.set(key, url);
    else URL.revokeObjectURL(url);
  }
  pictures.value = kept;
  return { label, total: samples.length, samples };
}

function want(sample: Sample): void {
  const key = keyOf(sample);
  const picture = listed.get(key);
  if (picture && !pictures.peek().has(key)) pictures.value = new Map([...pictures.peek(), [key, URL.createObjectURL(picture)]]);
}

async function put(some: Sample[], _: Sample[], label: string): Promise<Done> {
  const ids = some.map(({ id }) => Number(id));
  const done = await (label ? ask("move", { ids, label }) : ask("remove", { ids }));
  accept(done.state);
  return { samples: ids.length, back: async () => accept(await ask("undo", { undo: done.undo })) };
}

/** The pictures, but not while more of them come. */
const settled = signal<unknown>(null);
effect(() => {
  if (held.value === null && adding.value === null) settled.value = state.value;
});

export const browsers: Shelf = {
  owner: () => HERE,
  usual: () => config.value?.labels ?? [],
  counted: () => Object.keys(state.value.counts),
  count: (label) => state.value.counts[label] ?? 0,
  open: () => config.value !== null && read.value === null,
  settled: () => settled.value,
  means: (name) => {
    const why = unfit(name);
    if (why) return Promise.reject(new Unfit(why));
    const { labels, aliases } = config.peek()!;
    return Promise.resolve(resolve(name, labels, aliases));
  },
  reason: (error) => (error instanceof Unfit ? words.peek()[error.why] : worded(error)),
  complain,
  list,
  want,
  put,
  add,
};
