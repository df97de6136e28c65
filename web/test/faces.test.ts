/** What is written about a face: why it cannot be read, and whose it is. */

import { expect, test, vi } from "vitest";
import { freshPage, opened } from "./socket";

freshPage();

const seen = (label: string, hindrance: string, subject = "") => ({
  type: "emotions",
  stamp: 0,
  model: "default",
  faces: [
    {
      id: 1,
      box: [0, 0, 10, 10],
      label,
      hindrance,
      subject,
      confidence: 0.8,
      labels: ["happy", "sad"],
      probabilities: [0.8, 0.2],
      emoticon: "",
      emoticons: [],
    },
  ],
  stages: {},
});

test("what hinders the reading is told where no expression is named", async () => {
  const { readings } = await import("../src/faces");
  const { socket } = await opened();
  for (const [label, told] of [
    ["uncertain", "dark"],
    ["happy", ""],
  ] as const) {
    socket.say(seen(label, "dark"));
    await vi.waitFor(() => expect(readings.value.map(({ hindrance }) => hindrance)).toEqual([told]));
  }
});

test("whose face it is is told as soon as the model knows, and no longer", async () => {
  const { readings } = await import("../src/faces");
  const { socket } = await opened();
  for (const subject of ["", "kim", "lee", ""]) {
    socket.say(seen("happy", "", subject));
    await vi.waitFor(() => expect(readings.value.map((one) => one.subject)).toEqual([subject]));
  }
});
