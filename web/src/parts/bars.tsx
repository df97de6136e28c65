/** A bar per label that glides to the newest probability. */

import { useRef } from "preact/hooks";
import { reducedMotion, useFrame } from "../animate";
import { colour } from "../colours";
import { current, face } from "../faces";
import { text } from "../i18n";
import { model, welcome } from "../state";
import { Name } from "./controls";

/** Ms between two changes of the written figures: faster ones cannot be read. */
const WRITE = 150;
/** And of the bars, too, for people who want no motion. */
const STILL = 500;

export function Bars() {
  const list = useRef<HTMLUListElement>(null);
  const written = useRef(0);
  const names = model.value?.labels.length ? model.value.labels : (welcome.value?.labels ?? []);
  useFrame((time) => {
    const id = current.peek()?.id;
    const shown = id === undefined ? undefined : face(id);
    const still = reducedMotion();
    const write = time - written.current > (still ? STILL : WRITE);
    if (still && !write) return;
    if (write) written.current = time;
    list.current?.querySelectorAll<HTMLLIElement>("li").forEach((row) => {
      const share = shown?.probabilities.get(row.dataset["label"]!) ?? 0;
      const bar = row.querySelector<HTMLElement>(".fill")!;
      const length = `scaleX(${share.toFixed(3)})`;
      if (bar.style.transform !== length) bar.style.transform = length;
      row.classList.toggle("best", shown !== undefined && shown.face.label === row.dataset["label"]);
      if (!write) return;
      const words = shown ? `${Math.round(share * 100)}` : "–";
      const value = row.querySelector(".value")!;
      if (value.textContent !== words) value.textContent = words;
    });
  });
  return (
    <ul class="bars" ref={list} aria-label={text.value.watch.bars}>
      {names.map((label) => (
        <li key={label} data-label={label} style={{ "--label": colour(label) }}>
          <Name label={label} />
          <span class="bar" aria-hidden="true">
            <span class="fill" />
          </span>
          <span class="value">–</span>
        </li>
      ))}
    </ul>
  );
}
