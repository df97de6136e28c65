/** The taught pictures and the model of them, with every change of them, and the way back. */

import type { Change, KeptModel, Sample, Store, Version } from "./store";

/** What a change took away, the numbers of what it brought, and the model before it (left out: it stayed). */
interface Record {
  removed: Sample[];
  added: number[];
  model?: KeptModel | null | undefined;
}

/** Changes that can be undone: more than one toast gathers. */
const MOST = 200;

export class Taught {
  private readonly records = new Map<number, Record>();
  private last = 0;

  private constructor(
    private readonly store: Store,
    private version: Version,
    public samples: Sample[],
    public model: KeptModel | null,
  ) {}

  static async open(store: Store): Promise<Taught> {
    const version = await store.version();
    return new Taught(store, version, await store.samples(), await store.model());
  }

  /** false: it is gone with the page. */
  get lasting(): boolean {
    return this.store.lasting;
  }

  /** Be told when another tab has changed something. */
  watch(told: () => void): void {
    this.store.watch(told);
  }

  /** Take over what another tab of this browser has changed; false: nothing. */
  async refresh(): Promise<boolean> {
    const version = await this.store.version();
    if (version.changes === this.version.changes) return false;
    const model = version.model === this.version.model ? this.model : await this.store.model();
    const samples = await this.store.samples();
    Object.assign(this, { version, samples, model });
    return true;
  }

  /** Change it; returns the number under which that can be undone. */
  async change(what: Change): Promise<number> {
    const gone = new Set([...(what.remove ?? []), ...(what.put ?? []).map(({ id }) => id)]);
    const record: Record = { removed: this.samples.filter(({ id }) => gone.has(id)), added: [] };
    if (what.model !== undefined) record.model = this.model;
    record.added = await this.apply(what);
    this.records.set(++this.last, record);
    this.records.delete(this.last - MOST);
    return this.last;
  }

  /** Change it without a way back; returns the numbers of what was added. */
  async apply(what: Change): Promise<number[]> {
    const { added, version } = await this.store.change(what);
    const fresh = [...(what.put ?? []), ...added];
    const gone = new Set([...(what.remove ?? []), ...fresh.map(({ id }) => id)]);
    const seen = version.changes === this.version.changes + 1;
    if (what.remove?.length || what.put?.length)
      this.samples = [...this.samples.filter(({ id }) => !gone.has(id)), ...fresh].sort((a, b) => a.id - b.id);
    else this.samples.push(...fresh);
    if (what.model !== undefined) this.model = what.model;
    if (seen) this.version = version;
    else await this.refresh();
    return added.map(({ id }) => id);
  }

  /** Undo a change. What a later change took away comes back with that one, as it was before both. */
  async undo(number: number): Promise<void> {
    const record = this.records.get(number);
    if (!record) return;
    const later = [...this.records].filter(([one]) => one > number).map(([, one]) => one);
    const holds = (one: Record, { id }: Sample) => one.removed.some((other) => other.id === id);
    const free = record.removed.filter((sample) => !later.some((one) => holds(one, sample)));
    const next = record.model === undefined ? undefined : later.find(({ model }) => model !== undefined);
    await this.apply({ remove: record.added, put: free, model: next ? undefined : record.model });
    for (const sample of record.removed) {
      const holder = later.find((one) => holds(one, sample));
      if (holder) holder.removed = holder.removed.map((one) => (one.id === sample.id ? sample : one));
    }
    for (const one of later) one.removed = one.removed.filter(({ id }) => !record.added.includes(id));
    if (next) next.model = record.model;
    this.records.delete(number);
  }
}
