/** The engine in a thread of its own, so that the page never waits for it. */

import { BadFile } from "../files/zip";
import { Engine, TooFew } from "./engine";
import type { Ask, Told } from "./protocol";

const tell = (message: Told) => self.postMessage(message);
let engine: Promise<Engine> | null = null;
/** Requests are answered one after the other. */
let queue: Promise<unknown> = Promise.resolve();

async function answer(message: Ask): Promise<unknown> {
  const one = await (engine ??= Engine.open());
  switch (message.name) {
    case "open":
      return { config: one.config, state: one.state };
    case "frame":
      return one.frame(message.ask.picture, message.ask.time, message.ask.hold);
    case "still":
      return one.still(message.ask.picture, message.ask.hold);
    case "samples":
      return one.shown(message.ask.label).map(({ id, picture }) => ({ id, picture }));
    case "remove": {
      const { ask } = message;
      if ("ids" in ask) await one.remove(({ id }) => ask.ids.includes(id));
      else if ("label" in ask) await one.remove(({ label }) => label === ask.label);
      else if ("take" in ask) await one.remove(({ take }) => take === ask.take);
      else await one.remove(() => true);
      return one.state;
    }
    case "restore":
      await one.restore();
      return one.state;
    case "train": {
      const read = (share: number) => tell({ read: share });
      const result = await one.train(message.ask.method, read, (epoch) => tell({ epoch }));
      return { result, state: one.state };
    }
    case "forget":
      await one.forget();
      return one.state;
    case "save":
      return one.save();
    case "load":
      return { complete: await one.load(message.ask.file), state: one.state };
    case "alike":
      return one.alike();
    case "answers":
      return one.answers();
  }
}

self.onmessage = ({ data }: MessageEvent<Ask>) => {
  queue = queue.then(async () => {
    try {
      tell({ id: data.id, reply: await answer(data) });
    } catch (error) {
      const code = error instanceof TooFew ? error.code : error instanceof BadFile ? "file" : "failed";
      if (data.name === "open") engine = null;
      tell({ id: data.id, error: error instanceof Error ? error.message : String(error), code });
    }
  });
};
