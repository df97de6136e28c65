/** The engine in a thread of its own, so that the page never waits for it. */

import { Refused, refused } from "../refused";
import { Engine } from "./engine";
import type { Ask, Changed, Told } from "./protocol";

const tell = (message: Told) => self.postMessage(message);
/** One that could not be opened stays so until the page is loaded again, as its interpreter does. */
let engine: Promise<Engine> | null = null;
/** Requests are answered one after the other. */
let queue: Promise<unknown> = Promise.resolve();
/** The training that runs, or is about to, shall end. */
let cancelled = false;

async function opened(): Promise<Engine> {
  const one = await Engine.open();
  let told = false;
  one.watch(() => {
    if (told) return; // many changes, one look
    told = true;
    queue = queue.then(async () => {
      told = false;
      await refresh(one).catch(() => undefined); // said when it is used
    });
  });
  return one;
}

/** Take over what another tab has changed, and tell the page. */
async function refresh(one: Engine): Promise<void> {
  if (await one.refresh()) tell({ state: one.state });
}

/** Tell how far a training is, and hear whether it shall end. */
async function progress(message: Told): Promise<void> {
  tell(message);
  await new Promise((resolve) => setTimeout(resolve));
  if (cancelled) throw new Refused("cancelled");
}

const changed = (one: Engine, undo: number): Changed => ({ state: one.state, undo });

async function answer(message: Ask): Promise<unknown> {
  const one = await (engine ??= opened());
  // Frames are too many to look: they need not, as this is told.
  if (!["frame", "still"].includes(message.name)) await refresh(one);
  switch (message.name) {
    case "open":
      return { config: one.config, state: one.state, ...one.opened };
    case "frame":
      return one.frame(message.ask.picture, message.ask.time, message.ask.hold);
    case "still":
      return one.still(message.ask.picture, message.ask.hold);
    case "samples":
      return one.shown(message.ask.label).map(({ id, take, picture }) => ({ id, take, picture }));
    case "remove": {
      const { ask } = message;
      if ("all" in ask) return changed(one, await one.removeAll());
      if ("ids" in ask) return changed(one, await one.remove(({ id }) => ask.ids.includes(id)));
      return changed(one, await one.remove(({ take }) => take === ask.take));
    }
    case "move":
      return changed(one, await one.move(message.ask.ids, message.ask.label));
    case "undo":
      await one.undo(message.ask.undo);
      return one.state;
    case "train": {
      const read = (share: number) => progress({ read: share });
      const { undo, ...rest } = await one.train(message.ask, read, (epoch) => progress({ epoch }));
      return { ...changed(one, undo), ...rest };
    }
    case "cancel":
      return null;
    case "forget":
      return changed(one, await one.forget());
    case "save":
      return one.save(message.ask.labels);
    case "export":
      return one.export();
    case "load": {
      const { undo, ...loaded } = await one.load(message.ask.file);
      return { ...changed(one, undo), ...loaded };
    }
    case "alike":
      return one.alike();
    case "answers":
      return one.answers();
  }
}

self.onmessage = ({ data }: MessageEvent<Ask>) => {
  if (data.name === "train") cancelled = false;
  if (data.name === "cancel") cancelled = true;
  queue = queue.then(async () => {
    try {
      tell({ id: data.id, reply: await answer(data) });
    } catch (error) {
      const { code, value } = refused(error);
      tell({ id: data.id, code, value });
    }
  });
};
