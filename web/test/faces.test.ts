/** What is written about a face that cannot be read. */

import { expect, test, vi } from "vitest";
import { freshPage, opened } from "./socket";

freshPage();

const seen = (label: string, hindrance: string) => ({
  type: "emotions",
  stamp: 0,
  model: "default",
  faces: [
    {
      id: 1,
      box: [0, 0, 10, 10],
      label,
      hindrance,
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
