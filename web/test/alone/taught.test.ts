import { expect, test } from "vitest";
import { openStore, type KeptModel, type Store } from "../../src/alone/engine/store";
import { Taught } from "../../src/alone/engine/taught";

const face = (label: string) => ({ label, subject: "", take: 1, stamp: 1, picture: new Blob(["x"]) });
const model = (plugin: string): KeptModel => ({ plugin, labels: [], head: new Uint8Array(), facts: {}, backbone: "" });
const labels = (one: Taught) => one.samples.map(({ id, label }) => `${id} ${label}`);

/** Without IndexedDB, as here, the memory is the store. */
async function begun(...some: string[]): Promise<{ store: Store; one: Taught }> {
  const store = await openStore();
  const one = await Taught.open(store);
  await one.apply({ add: some.map(face), model: model("first") });
  return { store, one };
}

test("every change is undone by its number: deleted, moved, added, and the model", async () => {
  const { store, one } = await begun("happy", "sad");
  expect(store.lasting).toBe(false);
  const moved = await one.change({ put: [{ ...one.samples[0]!, label: "sad" }] });
  expect(labels(one)).toEqual(["1 sad", "2 sad"]);
  const opened = await one.change({ add: [face("angry")], model: model("second") });
  const forgotten = await one.change({ model: null });
  const gone = await one.change({ remove: [1, 2, 3] });
  expect([one.samples, one.model]).toEqual([[], null]);
  for (const number of [gone, forgotten]) await one.undo(number);
  expect([labels(one), one.model?.plugin]).toEqual([["1 sad", "2 sad", "3 angry"], "second"]);
  for (const number of [opened, moved, moved]) await one.undo(number);
  expect([labels(one), one.model?.plugin]).toEqual([["1 happy", "2 sad"], "first"]);
  expect(await Taught.open(store)).toMatchObject({ samples: one.samples, model: one.model });
});

test("changes are undone in any order", async () => {
  const { one } = await begun("happy", "sad");
  const moved = await one.change({ put: [{ ...one.samples[0]!, label: "sad" }] });
  const opened = await one.change({ add: [face("angry")], model: model("second") });
  const gone = await one.change({ remove: [1, 2, 3], model: null });
  for (const number of [moved, opened]) await one.undo(number);
  expect([one.samples, one.model]).toEqual([[], null]);
  await one.undo(gone);
  expect([labels(one), one.model?.plugin]).toEqual([["1 happy", "2 sad"], "first"]);
});

test("what another tab has changed is taken over", async () => {
  const { store, one } = await begun("happy", "sad");
  const other = await Taught.open(store);
  expect(await one.refresh()).toBe(false);
  await other.change({ remove: [1], model: null });
  await one.apply({ add: [face("angry")] });
  expect(labels(one)).toEqual(["2 sad", "3 angry"]);
  expect(one.model).toBe(null);
  expect([await one.refresh(), await other.refresh()]).toEqual([false, true]);
  expect(labels(other)).toEqual(labels(one));
});
