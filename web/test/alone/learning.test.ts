import { expect, test } from "vitest";
import { packNpz, readNpz } from "../../src/alone/files/npz";
import type { Maps } from "../../src/alone/learning/features";
import { folds } from "../../src/alone/learning/folds";
import { answers, openHead } from "../../src/alone/learning/heads";
import { Perceptron, type Layer } from "../../src/alone/learning/perceptron";
import { teach } from "../../src/alone/learning/ridge";
import { bytes, floats, numbers } from "./numbers";

const table = (data: Float32Array, count: number) => ({ count, width: data.length / count, data });

function close(found: ArrayLike<number>, wanted: ArrayLike<number>, within: number): void {
  expect(found.length).toBe(wanted.length);
  const gaps = Array.from(wanted, (value, at) => Math.abs(value - found[at]!)).filter((gap) => !Number.isNaN(gap));
  expect(Math.max(...gaps)).toBeLessThan(within);
}

test("folds leave out what the robot's leave out", () => {
  for (const one of numbers.folds) {
    const origin = one.labels.map((label, at) => ({
      ...{ label, subject: "" },
      take: one.takes[at]!,
      stamp: one.stamps[at]!,
    }));
    expect(folds(origin)).toEqual({ numbers: one.numbers, measured: one.measured });
  }
});

numbers.ridge.forEach((one, number) => {
  const maps: Maps = { embeddings: table(floats(one.embeddings), 24), finer: table(floats(one.finer), 24), channels: 4 };
  const cut = numbers.folds[number]!;
  const sizes = { embedding: maps.embeddings.width, finer: maps.finer.width, channels: 4 };

  test(`ridge, ${one.labels.join(", ")}: taught as by the robot`, async () => {
    const usual = await readNpz(bytes(one.usual));
    const general = await openHead("linear", ["happy", "sad", "neutral"], bytes(one.general), sizes);
    const { head, heldOut } = teach({
      labels: one.labels,
      maps,
      targets: cut.labels,
      folds: cut.numbers,
      measured: cut.measured.map((counts, at) => counts && at < one.pictures),
      pictures: one.pictures,
      general,
      usual: { mean: usual["mean"]!.data, scale: usual["scale"]!.data },
    });
    expect(head.labels).toEqual(one.all);
    const wanted = await readNpz(bytes(one.head));
    expect(new Set(Object.keys(head.arrays))).toEqual(new Set(Object.keys(wanted)));
    for (const [name, { shape, data }] of Object.entries(wanted)) {
      expect(head.arrays[name]!.shape, name).toEqual(shape);
      close(head.arrays[name]!.data, data, 1e-4);
    }
    const rows = floats(one.heldOut);
    heldOut.forEach((answer, at) => {
      const wantedRow = rows.subarray(at * one.all.length, (at + 1) * one.all.length);
      expect(answer === null).toBe(Number.isNaN(wantedRow[0]));
      if (answer) close(answer, wantedRow, 1e-4);
    });
  });

  test(`ridge, ${one.labels.join(", ")}: answers as the robot`, async () => {
    const ridge = await openHead("ridge", one.all, bytes(one.head), sizes);
    const linear = await openHead("linear", ["happy", "sad", "neutral"], bytes(one.general), sizes);
    for (const [head, wanted] of [
      [ridge, one.answers.ridge],
      [linear, one.answers.linear],
    ] as const)
      close(
        answers(head, maps).flatMap((row) => Array.from(row)),
        floats(wanted),
        1e-5,
      );
  });
});

test("dense layers learn and answer as the robot's", async () => {
  const { dense } = numbers;
  const start = await readNpz(bytes(dense.start));
  const layer = (number: 1 | 2): Layer => {
    const { shape, data } = start[`kernel${number}`]!;
    return { kernel: data, bias: start[`bias${number}`]!.data, inputs: shape[0]!, outputs: shape[1]! };
  };
  const network = new Perceptron([layer(1), layer(2)]);
  const x = table(floats(dense.x), 8);
  const faces = [...Array(8).keys()];
  const targets = faces.map((face) => face % 3);
  for (const loss of dense.losses) expect(network.step(x, targets, faces, 0.01)[0]).toBeCloseTo(loss, 3);
  const after = await readNpz(bytes(dense.after));
  network.layers.forEach(({ kernel, bias }, at) => {
    close(kernel, after[`kernel${at + 1}`]!.data, 1e-4);
    close(bias, after[`bias${at + 1}`]!.data, 1e-4);
  });
  const head = await openHead("dense", ["a", "b", "c"], bytes(dense.after), { embedding: x.width, finer: 0, channels: 4 });
  const found = answers(head, { embeddings: x, finer: table(new Float32Array(), 8), channels: 4 });
  close(
    found.flatMap((row) => Array.from(row)),
    floats(dense.answers),
    1e-5,
  );
});

test("arrays come back as they were packed", async () => {
  const arrays = { one: { shape: [2, 3], data: Float32Array.from([1, 2, 3, 4, 5, 6]) }, two: { shape: [1], data: Float32Array.of(-0.5) } };
  expect(await readNpz(packNpz(arrays))).toEqual(arrays);
});
