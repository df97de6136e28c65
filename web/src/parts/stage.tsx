/** The live picture with a box around each face, and what is in the way of seeing it. */

import { effect } from "@preact/signals";
import { useRef } from "preact/hooks";
import { useFrame } from "../animate";
import { colour } from "../colours";
import { link } from "../connection";
import { chosen, current, face, likeliest, readings, type Reading } from "../faces";
import { labelName, text } from "../i18n";
import { kept } from "../identity";
import { drawnStamp, late, live, size, useLivePicture } from "../picture";
import { go } from "../route";
import { nodes, stats } from "../state";
import { Button, LAUNCH } from "./controls";

/** Boxes narrower than this on the screen, px, show only their emoticon where there are several. */
const SMALL = 76;

/** Ms for which a box may be older than the picture; later the face has moved on, and the box would be a ghost. */
const LATE = 300;

const mirrored = kept("mirror", ["yes", "no"]);
const flipped = () => mirrored.value.value === "yes";

/** Whether the person sees themself as in a mirror. */
export const isMirrored = flipped;

const named = ({ label, subject }: Reading) => [subject, labelName(label)].filter(Boolean).join(" · ");

function Box({ reading }: { reading: Reading }) {
  const element = useRef<HTMLButtonElement>(null);
  const tag = useRef<HTMLSpanElement>(null);
  useFrame(() => {
    const shown = face(reading.id);
    const whole = size.peek();
    if (!shown || !whole || !element.current || !tag.current) return;
    const [x, y, width, height] = shown.box;
    // Read before anything is written, so that the layout is not computed twice.
    const unit = element.current.parentElement!.clientWidth / whole.width;
    const onScreen = width * unit;
    const left = flipped() ? whole.width - x - width : x;
    const { style } = element.current;
    // Moved, not laid out anew: nothing else on the page depends on it.
    style.transform = `translate(${(left * unit).toFixed(1)}px, ${(y * unit).toFixed(1)}px)`;
    style.width = `${(width / whole.width) * 100}%`;
    style.height = `${(height / whole.height) * 100}%`;
    const { classList } = element.current;
    classList.toggle("late", drawnStamp() - shown.stamp > LATE);
    const high = y < whole.height * 0.12;
    classList.toggle("tag-below", high && y + height < whole.height * 0.88);
    classList.toggle("tag-inside", high && y + height >= whole.height * 0.88);
    classList.toggle("small", onScreen < SMALL && readings.peek().length > 1);
    classList.toggle("tag-right", left + width / 2 > whole.width / 2);
    const words = likeliest(shown) === null ? `${Math.round(shown.confidence * 100)} %` : "";
    if (tag.current.textContent !== words) tag.current.textContent = words;
  });
  const selected = current.value?.id === reading.id;
  const several = readings.value.length > 1;
  return (
    <button
      type="button"
      ref={element}
      class={`face ${selected && several ? "selected" : ""}`}
      style={{ "--label": colour(reading.label) }}
      tabIndex={several ? 0 : -1}
      aria-hidden={!several}
      aria-label={named(reading)}
      aria-pressed={several ? selected : undefined}
      onClick={() => (chosen.value = reading.id)}
      data-testid="face"
      data-label={reading.label}
    >
      <span class="tag" aria-hidden="true">
        <span class="emoji">{reading.emoticon}</span> <span class="name">{named(reading)}</span>{" "}
        <span class="share" ref={tag} />
      </span>
    </button>
  );
}

// The columns of the page depend on it, too.
effect(() => {
  const { width, height } = size.value ?? { width: 4, height: 3 };
  document.documentElement.style.setProperty("--proportion", String(width / height));
});

/** What to say in place of the picture; null while there is one. */
function obstacle(): { title: string; hint: string; camera: boolean; command?: string } | null {
  const words = text.value.stage;
  if (link.value.state !== "open") {
    const known = link.value.state === "connecting" ? text.value.bar.connecting : words.offline;
    return { title: known, hint: "", camera: false };
  }
  if (live.value) return null;
  if (nodes.value?.camera === false) {
    return { title: words.noCamera, hint: words.noCameraHint, camera: false, command: LAUNCH };
  }
  const heard = stats.value?.camera;
  if (heard && heard.level !== "ok") {
    return { title: words.noPicture, hint: words.cameraState(heard.source, words.cameraStates[heard.state] ?? ""), camera: true };
  }
  return size.value
    ? { title: words.noPicture, hint: words.noPictureHint, camera: true }
    : { title: words.waiting, hint: "", camera: false };
}

interface StageProps {
  compact?: boolean;
  /** A sentence over the picture: one that comes and goes must not move what is below. */
  note?: { words: string; testId: string } | null;
}

export function Stage({ compact = false, note = null }: StageProps) {
  const canvas = useLivePicture();
  const words = text.value.stage;
  const trouble = obstacle();
  const inference = nodes.value?.inference !== false;
  return (
    <section class={`stage ${compact ? "compact" : ""}`} aria-label={words.title} data-testid="stage">
      <div class={`picture ${trouble ? "stale" : ""} ${flipped() ? "mirrored" : ""}`}>
        <canvas ref={canvas} role="img" aria-label={`${words.title}: ${words.faces(readings.value.length)}`} />
        {!trouble && readings.value.map((reading) => <Box key={reading.id} reading={reading} />)}
      </div>
      {trouble && (
        <div class="obstacle" role="status" data-testid="obstacle">
          <strong>{trouble.title}</strong>
          {trouble.hint && <p>{trouble.hint}</p>}
          {trouble.command && <code>{trouble.command}</code>}
          {trouble.camera && (
            <Button icon="camera" onClick={() => go("camera")}>
              {words.useThis}
            </Button>
          )}
        </div>
      )}
      {!trouble && !inference && (
        <div class="strip" role="status">
          {words.noInference}
        </div>
      )}
      {!trouble && inference && !note && late.value > 0 && (
        <div class="strip warn" role="status" data-testid="late">
          {words.late(late.value)}
        </div>
      )}
      {!trouble && inference && note && (
        <div class="strip warn" role="status" data-testid={note.testId}>
          {note.words}
        </div>
      )}
      <Button
        icon="mirror"
        kind="quiet"
        class="corner"
        label={words.mirror}
        pressed={flipped()}
        onClick={() => mirrored.set(flipped() ? "no" : "yes")}
      />
    </section>
  );
}
