import { beforeEach, expect, test, vi } from "vitest";

vi.useFakeTimers();
const { dismiss, tell, tellUndo, toasts, warn } = await import("../src/toasts");

const shown = () => toasts.peek().map(({ words, times }) => `${words} ${times}`);

beforeEach(() => toasts.peek().forEach(({ id }) => dismiss(id)));

test("the same words with Undo undo all of it, the newest first and one after the other", async () => {
  const undone: number[] = [];
  for (const number of [1, 2, 3])
    tellUndo("Deleted", async () => {
      await Promise.resolve();
      undone.push(number);
    });
  expect(shown()).toEqual(["Deleted 3"]);
  await toasts.peek()[0]!.undo!();
  expect(undone).toEqual([3, 2, 1]);
  tell("Deleted"); // mere words take no way back away
  expect(shown()).toEqual(["Deleted 3", "Deleted 1"]);
});

test("mere words never push a way back out, and are seen all the same", () => {
  for (const words of ["one", "two", "three"]) tellUndo(words, () => undefined);
  for (const words of ["saved", "full", "full"]) warn(words);
  expect(shown()).toEqual(["one 1", "two 1", "three 1", "full 1"]);
  tellUndo("four", () => undefined);
  expect(shown()).toEqual(["two 1", "three 1", "full 1", "four 1"]);
});

test("a way back that another one joined stays as long as the newest", () => {
  tellUndo("Deleted", () => undefined);
  vi.advanceTimersByTime(6000);
  tellUndo("Deleted", () => undefined);
  vi.advanceTimersByTime(6000);
  expect(shown()).toEqual(["Deleted 2"]);
  vi.advanceTimersByTime(6000);
  expect(shown()).toEqual([]);
});
