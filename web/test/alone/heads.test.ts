import { expect, test } from "vitest";
import { fits, type Head } from "../../src/alone/learning/heads";

const head = (plugin: string, shapes: Record<string, number[]>): Head => ({
  ...{ plugin, labels: ["happy", "sad"] },
  arrays: Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, { shape, data: new Float32Array() }])),
});

test("a head that says nothing of its network is known by its size", () => {
  const small = { embedding: 1152, finer: 2304, channels: 128 };
  const large = { embedding: 2304, finer: 4608, channels: 256 };
  const heads = [
    head("linear", { kernel: [128, 2] }),
    head("dense", { kernel1: [1152, 200] }),
    head("ridge", { mean: [2304], general_kernel: [128, 7] }),
  ];
  for (const one of heads) expect([fits(one, small), fits(one, large)]).toEqual([true, false]);
  const coarse = head("ridge", { mean: [1152], general_kernel: [128, 7] });
  expect([fits(coarse, { ...small, finer: 0 }), fits(coarse, small)]).toEqual([true, false]);
});
