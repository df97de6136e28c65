/** Holding a label: begun by pointer, key or tap, ended by letting go, by leaving the page, or by the node. */

import { effect, signal } from "@preact/signals";
import { link, notify, onMessage, request } from "./connection";
import { kept } from "./identity";
import { holdByKeys } from "./keys";
import { text, labelName } from "./i18n";
import { complain } from "./toast";

/** Ms between two signs of life; the node ends the take after `welcome.hold` seconds without one. */
const BEAT = 500;

export const held = signal<string | null>(null);
/** What happened last, for screen readers. */
export const said = signal("");
export const subject = signal("");
export const byTap = kept("tap", ["no", "yes"]);

let beat = 0;
/** The node has confirmed that it records what is held. */
let confirmed = false;
/** Requests go out one after the other, so that a stop never overtakes its start. */
let queue: Promise<unknown> = Promise.resolve();

const after = (work: () => Promise<unknown>) => (queue = queue.then(work, work));

export function hold(label: string): void {
  if (held.peek() === label) return;
  held.value = label;
  confirmed = false;
  window.clearInterval(beat);
  beat = window.setInterval(() => notify("hold"), BEAT);
  said.value = text.peek().record.recording(labelName(label));
  after(async () => {
    if (held.peek() !== label) return; // let go before it could begin
    try {
      await request("record.start", { label, subject: subject.peek().trim() });
      confirmed = true;
    } catch (error) {
      if (held.peek() === label) end();
      complain(error);
    }
  });
}

export function release(): void {
  const label = held.peek();
  if (label === null) return;
  end();
  after(async () => {
    if (held.peek() !== null || !confirmed) return; // the next label has taken over, or nothing began
    confirmed = false;
    try {
      const reply = await request("record.stop");
      if (held.peek() === null)
        said.value = text.peek().record.stopped(labelName(label), Number(reply["samples"] ?? 0));
    } catch (error) {
      if (link.peek().state === "open") complain(error);
    }
  });
}

function end(): void {
  held.value = null;
  window.clearInterval(beat);
}

/** Press or let go of a button; in tap mode each press changes over. */
export function press(label: string): void {
  if (byTap.value.peek() === "yes") toggle(label);
  else hold(label);
}

/** Begin or end without holding, in either mode. */
export function toggle(label: string): void {
  if (held.peek() === label) release();
  else hold(label);
}

/** A button or key is let go; that of another label, such as a button that loses the focus, changes nothing. */
export function letGo(label: string): void {
  if (byTap.value.peek() === "no" && held.peek() === label) release();
}

/** Hold by the keys 1 to 9 as well. @returns what ends it, and whatever is held then. */
export function holdingByKeys(names: () => string[]): () => void {
  const end = holdByKeys(names, press, letGo);
  return () => {
    end();
    release();
  };
}

// Nobody holds a button of a page that they do not see.
window.addEventListener("blur", () => release());
document.addEventListener("visibilitychange", () => document.hidden && release());
effect(() => {
  if (link.value.state !== "open" && held.peek() !== null) end();
});

// The node ended the take by itself: the longest time was reached, or the disk is full, which the page says.
onMessage((message) => {
  if (message.type !== "record" || !confirmed || held.peek() === null) return;
  if (message.holder === "me") return;
  end();
  confirmed = false;
});
