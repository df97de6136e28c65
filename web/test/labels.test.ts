import { expect, test } from "vitest";
import { freshPage, opened } from "./socket";

freshPage();

async function page() {
  const { fill } = await import("../src/shelf");
  fill((await import("../src/samples")).robots);
  const labels = await import("../src/labels");
  const identity = await import("../src/identity");
  await import("../src/state");
  const { socket } = await opened();
  socket.say({ type: "labels", labels: ["happy", "sad", "none of these"] });
  return { labels, identity, socket };
}

test("labels of one's own belong to a session, come before what is none, and can be ordered and switched off", async () => {
  const { labels, identity } = await page();
  const first = identity.sessionId();
  labels.change({ own: ["winking"] });
  expect(labels.recordable.value).toEqual(["happy", "sad", "winking", "none of these"]);
  labels.move("winking", -1);
  expect(labels.recordable.value).toEqual(["happy", "winking", "sad", "none of these"]);
  const back = labels.change({ off: ["sad"] });
  expect(labels.taught.value).toEqual(["happy", "winking"]);
  back();
  expect(labels.taught.value).toEqual(["happy", "winking", "sad"]);
  identity.resumeSession("20260101-000000");
  expect(labels.recordable.value).toEqual(["happy", "sad", "none of these"]);
  identity.resumeSession(first);
  expect(labels.recordable.value).toContain("winking");
});

test("a change is taken back without what was changed since", async () => {
  const { labels } = await page();
  labels.change({ own: ["winking", "yawning"], off: ["yawning"] });
  const back = labels.change({ own: ["yawning"] });
  labels.change({ own: [...labels.mine.value.own, "waving"], off: [] });
  back();
  expect(labels.mine.value).toEqual({ own: ["yawning", "waving", "winking"], order: [], off: [] });
  const all = labels.forgetLabels();
  expect(labels.someLabels.value).toBe(false);
  all();
  expect(labels.mine.value.own).toEqual(["yawning", "waving", "winking"]);
});

test("a project brings its labels, and their order where none was chosen", async () => {
  const { labels } = await page();
  const back = labels.adopt(["sad", "winking", "happy", "none of these"]);
  expect(labels.recordable.value).toEqual(["sad", "winking", "happy", "none of these"]);
  back();
  expect(labels.recordable.value).toEqual(["happy", "sad", "none of these"]);
  labels.adopt(["winking", "sad"]);
  expect(labels.recordable.value).toEqual(["happy", "sad", "winking", "none of these"]);
  labels.move("winking", -1);
  labels.adopt(["sad", "waving", "happy", "none of these"]);
  expect(labels.recordable.value).toEqual(["happy", "winking", "sad", "none of these", "waving"]);
});

test("a label that pictures have is there, also where nothing else tells of it", async () => {
  const { labels, identity, socket } = await page();
  socket.say({ type: "takes", session: identity.sessionId(), counts: { waving: 2, gone: 0 }, takes: [] });
  expect(labels.recordable.value).toEqual(["happy", "sad", "waving", "none of these"]);
  socket.say({ type: "takes", session: "another", counts: { waving: 2 }, takes: [] });
  expect(labels.recordable.value).not.toContain("waving");
});

test("what another program has left in the storage does no harm", async () => {
  for (const text of ["{", "3", '{"20260101-000000": {"own": 3, "order": [1, "a"]}}', '{"20260101-000000": null}']) {
    localStorage.setItem("fer.labels", text);
    localStorage.setItem("fer.session", "20260101-000000");
    const { vi } = await import("vitest");
    vi.resetModules();
    const { labels } = await page();
    expect(labels.recordable.value).toEqual(["happy", "sad", "none of these"]);
  }
});
