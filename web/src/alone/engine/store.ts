/** What is kept in this browser until it is deleted: the taught pictures and the trained head (IndexedDB). */

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

export class Store {
  private constructor(private readonly base: IDBDatabase) {}

  static async open(name = "fer"): Promise<Store> {
    const request = indexedDB.open(name, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("samples", { keyPath: "id", autoIncrement: true });
      request.result.createObjectStore("kept");
    };
    return new Store(await answer(request));
  }

  samples(): Promise<Sample[]> {
    return answer(this.base.transaction("samples").objectStore("samples").getAll());
  }

  /** Add faces, all or none; returns them with their numbers. */
  async add(some: Omit<Sample, "id">[]): Promise<Sample[]> {
    const transaction = this.base.transaction("samples", "readwrite");
    const ids = some.map((one) => answer(transaction.objectStore("samples").add(one)));
    await finished(transaction);
    return Promise.all(some.map(async (one, at) => ({ ...one, id: Number(await ids[at]) })));
  }

  /** Bring back what was removed, with its numbers. */
  async restore(some: Sample[]): Promise<void> {
    const transaction = this.base.transaction("samples", "readwrite");
    for (const one of some) transaction.objectStore("samples").put(one);
    await finished(transaction);
  }

  async remove(ids: number[]): Promise<void> {
    const transaction = this.base.transaction("samples", "readwrite");
    for (const id of ids) transaction.objectStore("samples").delete(id);
    await finished(transaction);
  }

  model(): Promise<KeptModel | undefined> {
    return answer(this.base.transaction("kept").objectStore("kept").get("model"));
  }

  /** null: forget it. */
  async keepModel(model: KeptModel | null): Promise<void> {
    const transaction = this.base.transaction("kept", "readwrite");
    const kept = transaction.objectStore("kept");
    if (model) kept.put(model, "model");
    else kept.delete("model");
    await finished(transaction);
  }
}
