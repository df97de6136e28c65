import { expect, test } from "vitest";
import { packNpz } from "../../src/alone/files/npz";
import { openHead } from "../../src/alone/learning/heads";

const LABELS = ["happy", "sad"];
const SMALL = { embedding: 24, finer: 48, channels: 4 };
const SHAPES: Record<string, Record<string, number[]>> = {
  linear: { kernel: [4, 2], bias: [2] },
  dense: { kernel1: [24, 5], bias1: [5], kernel2: [5, 2], bias2: [2] },
  ridge: {
    ...{ mean: [48], scale: [48], kernel: [48, 2], prior: [2], base: [2], temperature: [1], known: [3, 48], gate: [2] },
    ...{ general: [2], general_kernel: [4, 2], general_bias: [2] },
  },
};

const file = (shapes: Record<string, number[]>) =>
  packNpz(
    Object.fromEntries(
      Object.entries(shapes).map(([name, shape]) => [
        name,
        { shape, data: new Float32Array(shape.reduce((product, one) => product * one, 1)) },
      ]),
    ),
  );

test("a head opens only for its own network and labels", async () => {
  for (const [plugin, shapes] of Object.entries(SHAPES)) {
    const head = file(shapes);
    expect((await openHead(plugin, LABELS, head, SMALL)).labels).toEqual(LABELS);
    const larger = { embedding: 48, finer: 96, channels: 8 };
    await expect(openHead(plugin, LABELS, head, larger)).rejects.toMatchObject({ code: "file_damaged" });
    await expect(openHead(plugin, ["happy"], head, SMALL)).rejects.toMatchObject({ code: "file_damaged" });
  }
});

test("an array that is missing, or of another shape, is named", async () => {
  for (const [plugin, shapes] of Object.entries(SHAPES))
    for (const [name, shape] of Object.entries(shapes)) {
      const { [name]: _, ...without } = shapes;
      await expect(openHead(plugin, LABELS, file(without), SMALL)).rejects.toMatchObject({ code: "file_damaged" });
      const other = { ...shapes, [name]: shape.map((length) => length + 1) };
      await expect(openHead(plugin, LABELS, file(other), SMALL)).rejects.toMatchObject({ code: "file_damaged" });
    }
});
