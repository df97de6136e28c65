import { expect, test } from "vitest";
import { freshPage, opened } from "./socket";

freshPage();

const epoch = (number: number, loss: number) => ({
  type: "train",
  phase: "training",
  epoch: number,
  loss,
  accuracy: 0.5,
  val_loss: null,
  val_accuracy: null,
});

test("the curve grows by epochs; those from before the page was opened are unknown", async () => {
  const state = await import("../src/state");
  const { socket } = await opened();
  socket.say(epoch(3, 0.7));
  socket.say(epoch(4, 0.6));
  expect(state.curve.value.loss).toEqual([NaN, NaN, 0.7, 0.6]);
  expect(state.curve.value.val_loss).toEqual([NaN, NaN, NaN, NaN]);
  expect(state.training.value).toBe(true);
  socket.say({ type: "train", phase: "loading", epoch: 0 });
  expect(state.curve.value).toEqual(state.NO_CURVE);
});

test("without a connection nothing that moves is shown; what was counted stays", async () => {
  const state = await import("../src/state");
  const { socket } = await opened();
  socket.say({ type: "record", state: "recording", holder: "me", label: "happy", samples: 3 });
  socket.say({ type: "takes", session: "s", counts: { happy: 3 }, takes: [] });
  socket.drop(1006);
  expect(state.record.value).toBeNull();
  expect(state.takes.value?.counts).toEqual({ happy: 3 });
});

test("a failed training is forgotten once something else is recorded", async () => {
  const state = await import("../src/state");
  const { socket } = await opened();
  socket.say({ type: "takes", session: "s", counts: { happy: 3 }, takes: [] });
  socket.say({ type: "train.result", ok: false, history: { loss: [] } });
  socket.say({ type: "takes", session: "s", counts: { happy: 3 }, takes: [] });
  expect(state.result.value?.ok).toBe(false);
  socket.say({ type: "takes", session: "s", counts: { happy: 5 }, takes: [] });
  expect(state.result.value).toBeNull();
});
