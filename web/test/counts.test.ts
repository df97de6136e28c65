import { expect, test } from "vitest";
import { freshPage, opened } from "./socket";

freshPage();

const held = (fields: object) => ({
  type: "record",
  state: "recording",
  holder: "me",
  label: "happy",
  take: 2,
  samples: 25,
  without_face: 0,
  dropped: 0,
  ...fields,
});
const takes = (...samples: number[]) => ({
  type: "takes",
  session: "s",
  counts: { happy: samples.reduce((a, b) => a + b, 0) },
  takes: samples.map((count, i) => ({ take: i + 1, label: "happy", samples: count })).reverse(),
});

test("a counter never falls between the end of a take and the node's count of it", async () => {
  const { recorded } = await import("../src/counts");
  const { socket } = await opened();
  socket.say(takes(10));
  const seen = [recorded("happy")];
  for (const message of [
    held({ samples: 0 }),
    held({}),
    takes(10, 20), // it is read while it is written
    held({ holder: null }),
    held({ state: "paused", holder: null, label: "", samples: 26 }),
    takes(10, 26),
  ]) {
    socket.say(message);
    seen.push(recorded("happy"));
  }
  expect(seen).toEqual([10, 10, 35, 35, 35, 36, 36]);
});

test("what is discarded is not counted, though the node does not tell its take any more", async () => {
  const { forgetLive, recorded } = await import("../src/counts");
  const { socket } = await opened();
  socket.say(held({}));
  forgetLive(2);
  socket.say(takes());
  expect(recorded("happy")).toBe(0);
});

test("a button says that it starts until the first picture", async () => {
  const { arriving } = await import("../src/counts");
  const { socket } = await opened();
  socket.say(held({ samples: 0 }));
  expect(arriving.value).toBeNull();
  socket.say(held({ samples: 0, without_face: 1 }));
  expect(arriving.value).toBe("happy");
  socket.say(held({ holder: "other" }));
  expect(arriving.value).toBeNull();
});
