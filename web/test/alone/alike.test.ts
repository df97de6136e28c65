import { expect, test } from "vitest";
import { nearest } from "../../src/alone/learning/alike";
import { rows, type Maps } from "../../src/alone/learning/features";
import type { Head } from "../../src/alone/learning/heads";

const WIDTH = 6;
const maps = (faces: number[][]): Maps => {
  const finer = rows(faces.length, WIDTH);
  faces.forEach((face, at) => finer.data.set(face, at * WIDTH));
  return { embeddings: finer, finer, channels: WIDTH };
};
const matrix = (values: number[]) => ({ shape: [values.length], data: Float32Array.from(values) });
const ridge: Head = {
  plugin: "ridge",
  labels: ["happy", "sad"],
  arrays: { mean: matrix([1, 0, 0, 0, 0, 0]), scale: matrix([1, 1, 1, 1, 1, 100]) },
};
const linear: Head = { plugin: "linear", labels: ["happy", "sad"], arrays: {} };
const TAUGHT = [
  [3, 0, 0, 0, 0, 0],
  [2, 1, 0, 0, 0, 0],
  [1, 3, 0, 0, 0, 0],
  [1, 0, 3, 0, 0, 50],
  [1, 0, 0, 3, 0, 0],
];
const apart = TAUGHT.map((_, at) => ({ take: 1, stamp: 1000 * at }));

test.each([ridge, linear])("the face itself comes first, by the embedding of the head ($plugin)", (head) => {
  TAUGHT.forEach((face, at) => expect(nearest(head, maps([face]), maps(TAUGHT), apart, 3)[0]).toBe(at));
});

test("what the head calls usual is what counts", () => {
  // The last value differs much, yet in deviations hardly at all.
  expect(nearest(ridge, maps([[1, 0, 2, 0, 0, -50]]), maps(TAUGHT), apart, 5)[0]).toBe(3);
  expect(nearest(ridge, maps([[3, 0.5, 0, 0, 0, 0]]), maps(TAUGHT), apart, 3).slice(0, 2)).toEqual([0, 1]);
});

test("of each moment of a take there is one, and of independent pictures all", () => {
  const find = (samples: { take: number; stamp: number }[]) => nearest(ridge, maps([TAUGHT[0]!]), maps(TAUGHT), samples, 5);
  expect(find(TAUGHT.map((_, at) => ({ take: 1, stamp: at })))).toEqual([0]);
  expect(find(TAUGHT.map((_, at) => ({ take: 1, stamp: 250 * at }))).length).toBe(3);
  expect(find(TAUGHT.map((_, at) => ({ take: at, stamp: 7 }))).length).toBe(5);
  expect(find(TAUGHT.map(() => ({ take: 0, stamp: 7 }))).length).toBe(5);
});
