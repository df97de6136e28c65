/** What is kept in this browser until it is deleted: the taught pictures and the trained head. */

import { HERE } from "../here";
import type { Result } from "./protocol";

/** A face that was taught. The picture is the square that the network is to see. */
export interface Sample {
  id: number;
  label: string;
  subject: string;
  take: number;
  /** Ms since 1970. */
  stamp: number;
  picture: Blob;
}

/** A trained head; its backbone is the page's own. */
export interface KeptModel {
  plugin: string;
  labels: string[];
  head: Uint8Array;
  facts: Record<string, unknown>;
  /** SHA-256 of the backbone that it was trained on. */
  backbone: string;
  result?: Result;
}

/** What changes at once: all of it or nothing. */
export interface Change {
  /** Numbers of samples. */
  remove?: number[];
  /** Samples with their numbers, new or in place of those that have them. */
  put?: Sample[];
  add?: Omit<Sample, "id">[];
  /** null: forget it; left out: it stays. */
  model?: KeptModel | null | undefined;
}

/** Changes so far, and the one that changed the model last: by these, other tabs see that theirs is old. */
export interface Version {
  changes: number;
  model: number;
}

export interface Store {
  /** false: only for as long as the page is open. */
  lasting: boolean;
  /** Be told when another tab has changed it. */
  watch(told: () => void): void;
  version(): Promise<Version>;
  samples(): Promise<Sample[]>;
  model(): Promise<KeptModel | null>;
  /** Returns what was added, with its numbers, and the version that came of it. */
  change(what: Change): Promise<{ added: Sample[]; version: Version }>;
}

const FIRST: Version = { changes: 0, model: 0 };
const after = ({ changes, model }: Version, what: Change): Version => ({
  changes: changes + 1,
  model: what.model === undefined ? model : changes + 1,
});

/** IndexedDB, or the memory where the browser has none for this page. */
export async function openStore(name = `fer ${HERE}`): Promise<Store> {
  try {
    return await Kept.open(name);
  } catch {
    return new Remembered();
  }
}

const answer = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

const finished = (transaction: IDBTransaction): Promise<void> =>
  new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = transaction.onerror = () => reject(transaction.error);
  });

class Kept implements Store {
  readonly lasting = true;

  private readonly tabs: BroadcastChannel;

  private constructor(
    private readonly base: IDBDatabase,
    name: string,
  ) {
    this.tabs = new BroadcastChannel(name);
  }

  static async open(name: string): Promise<Kept> {
    const request = indexedDB.open(name, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("samples", { keyPath: "id", autoIncrement: true });
      request.result.createObjectStore("kept");
    };
    return new Kept(await answer(request), name);
  }

  watch(told: () => void): void {
    this.tabs.onmessage = told;
  }

  async version(): Promise<Version> {
    return ((await this.kept("version")) as Version | undefined) ?? FIRST;
  }

  samples(): Promise<Sample[]> {
    return answer(this.base.transaction("samples").objectStore("samples").getAll());
  }

  async model(): Promise<KeptModel | null> {
    return ((await this.kept("model")) as KeptModel | undefined) ?? null;
  }

  private kept(key: string): Promise<unknown> {
    return answer(this.base.transaction("kept").objectStore("kept").get(key));
  }

  async change(what: Change): Promise<{ added: Sample[]; version: Version }> {
    const transaction = this.base.transaction(["samples", "kept"], "readwrite");
    const done = finished(transaction);
    const [samples, kept] = [transaction.objectStore("samples"), transaction.objectStore("kept")];
    for (const id of what.remove ?? []) samples.delete(id);
    for (const one of what.put ?? []) samples.put(one);
    const added = (what.add ?? []).map((one) => ({ one, request: samples.add(one) }));
    if (what.model) kept.put(what.model, "model");
    else if (what.model === null) kept.delete("model");
    let version = FIRST;
    const last = kept.get("version") as IDBRequest<Version | undefined>;
    last.onsuccess = () => kept.put((version = after(last.result ?? FIRST, what)), "version");
    await done;
    this.tabs.postMessage(null);
    return { added: added.map(({ one, request }) => ({ ...one, id: Number(request.result) })), version };
  }
}

class Remembered implements Store {
  readonly lasting = false;
  private readonly all = new Map<number, Sample>();
  private own: KeptModel | null = null;
  private now = FIRST;
  private next = 1;

  watch(): void {} // it is nobody else's

  version = async (): Promise<Version> => this.now;
  samples = async (): Promise<Sample[]> => [...this.all.values()].sort((a, b) => a.id - b.id);
  model = async (): Promise<KeptModel | null> => this.own;

  async change(what: Change): Promise<{ added: Sample[]; version: Version }> {
    const added = (what.add ?? []).map((one) => ({ ...one, id: this.next++ }));
    for (const id of what.remove ?? []) this.all.delete(id);
    for (const one of [...(what.put ?? []), ...added]) this.all.set(one.id, one);
    if (what.model !== undefined) this.own = what.model;
    this.now = after(this.now, what);
    return { added, version: this.now };
  }
}
