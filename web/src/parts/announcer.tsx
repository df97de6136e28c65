/** Tells screen readers the expression, once it has lasted: not every flicker. */

import { effect, signal } from "@preact/signals";
import { link } from "../connection";
import { current } from "../faces";
import { labelName, text } from "../i18n";
import { tab } from "../route";

/** Ms that a label must last before it is said. */
const LASTING = 1200;

const said = signal<string | null>(null);

effect(() => {
  const label = current.value?.label ?? null;
  if (label === said.peek()) return;
  const timer = window.setTimeout(() => (said.value = label), LASTING);
  return () => window.clearTimeout(timer);
});

export function Announcer() {
  // While something is recorded or trained, what is said there matters more.
  const speaks = tab.value === "watch" || tab.value === "emoticons" || tab.value === "camera";
  const words = text.value.watch;
  const sentence = said.value === null ? words.noFace : words.heard(labelName(said.value));
  return (
    <div class="hidden" aria-live="polite" aria-atomic="true" data-testid="announcer">
      {speaks && link.value.state === "open" ? sentence : ""}
    </div>
  );
}
