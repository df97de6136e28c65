/** The last minute as a ribbon: colour is the label, height its confidence. */

import { signal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { reducedMotion, useFrame } from "../animate";
import { EMOJI_FONT, canvasColour, colour } from "../colours";
import { labelName, percent, text } from "../i18n";
import { BIN, SPAN, leader, minute, shares } from "../minute";
import { welcome } from "../state";

/** Ms between two drawings, and between two summaries in words. */
const DRAW = 100;
const TELL = 2000;
/** Bins that one label must last to get its emoticon. */
const LONG = 8;

const summary = signal<[string, number][]>([]);

function draw(canvas: HTMLCanvasElement, time: number): void {
  const ratio = devicePixelRatio;
  const width = Math.round(canvas.clientWidth * ratio);
  const height = Math.round(canvas.clientHeight * ratio);
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
  }
  const brush = canvas.getContext("2d");
  if (!brush || width === 0) return;
  brush.clearRect(0, 0, width, height);
  const step = (width * BIN) / SPAN;
  const head = 20 * ratio;
  const floor = height - ratio;
  const now = reducedMotion() ? Math.ceil(time / BIN) : time / BIN;
  brush.fillStyle = canvasColour("neutral");
  brush.globalAlpha = 0.25;
  brush.fillRect(0, floor, width, ratio);
  let run = null as { label: string; from: number; to: number } | null;
  const emoji = (): void => {
    if (run === null || run.to - run.from < LONG) return;
    const sign = welcome.peek()?.emoticons[run.label]?.[0];
    if (!sign) return;
    const middle = width - (now - (run.from + run.to) / 2) * step;
    brush.globalAlpha = 1;
    brush.font = `${14 * ratio}px ${EMOJI_FONT}`;
    brush.textAlign = "center";
    brush.textBaseline = "middle";
    brush.fillStyle = "#000";
    brush.fillText(sign, middle, head / 2);
  };
  for (const bin of minute()) {
    const best = leader(bin);
    if (best?.label !== run?.label || (run !== null && bin.at > run.to + 1)) {
      emoji();
      run = best && { label: best.label, from: bin.at, to: bin.at };
    }
    if (best === null) continue;
    if (run !== null) run.to = bin.at;
    const left = width - (now - bin.at) * step;
    const tall = Math.max(best.confidence, 0.04) * (floor - head);
    brush.globalAlpha = 0.9;
    brush.fillStyle = canvasColour(best.label);
    brush.fillRect(left, floor - tall, step + 0.6, tall);
  }
  emoji();
}

export function Timeline() {
  const canvas = useRef<HTMLCanvasElement>(null);
  const drawn = useRef(0);
  const told = useRef(0);
  useFrame((time) => {
    if (time - drawn.current < DRAW || !canvas.current) return;
    drawn.current = time;
    draw(canvas.current, performance.now());
    if (time - told.current < TELL) return;
    told.current = time;
    summary.value = shares();
  });
  const words = text.value.watch;
  const name = (label: string) => (label === "" ? words.noFace : labelName(label));
  const parts = summary.value.map(([label, share]) => `${name(label)} ${percent(share)}`).join(", ");
  return (
    <section class="card timeline" aria-label={words.timeline}>
      <header>
        <h2>{words.timeline}</h2>
        <ul class="legend" aria-hidden="true">
          {summary.value.slice(0, 4).map(([label, share]) => (
            <li key={label} style={{ "--label": label === "" ? "transparent" : colour(label) }}>
              {name(label)} {percent(share)}
            </li>
          ))}
        </ul>
      </header>
      <canvas ref={canvas} role="img" aria-label={words.summary(parts || words.nothing)} data-testid="timeline" />
      <div class="axis" aria-hidden="true">
        <span>{words.ago}</span>
        <span>{words.thirty}</span>
        <span>{words.nowTick}</span>
      </div>
    </section>
  );
}
