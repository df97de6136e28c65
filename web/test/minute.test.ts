import { expect, test, vi } from "vitest";
import { freshPage, opened } from "./socket";

freshPage();

const seen = (...labels: string[]) => ({
  type: "emotions",
  stamp: 0,
  model: "default",
  stages: {},
  faces: labels.map((label, index) => ({
    id: index + 1,
    box: [0, 0, 10, 10],
    label,
    confidence: 0.8,
    labels: ["happy", "sad"],
    probabilities: [0.8, 0.2],
  })),
});

test("shares count the frames of the last minute, those without a face too", async () => {
  const { minute, shares, leader } = await import("../src/minute");
  const { socket } = await opened();
  socket.say(seen("happy"));
  socket.say(seen("happy"));
  socket.say(seen("sad"));
  socket.say(seen());
  expect(shares()).toEqual([
    ["happy", 0.5],
    ["sad", 0.25],
    ["", 0.25],
  ]);
  expect(leader(minute()[0]!)).toEqual({ label: "happy", confidence: 0.8 });
  await vi.advanceTimersByTimeAsync(61000);
  socket.say(seen("sad"));
  expect(shares()).toEqual([["sad", 1]]);
});
