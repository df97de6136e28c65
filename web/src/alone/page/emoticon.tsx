/** The face as an emoticon: one tap copies it; it can be shared, or put onto a photograph. */

import { colour, EMOJI_FONT } from "../../colours";
import { copy } from "../../copy";
import { labelName } from "../../i18n";
import { Button } from "../../parts/controls";
import { camera, video } from "./camera";
import { answer, box, complain, emoticons, probabilities, say, state } from "./state";
import { words } from "./words";

async function copyIt(sign: string): Promise<void> {
  try {
    await copy(sign);
    say(words.peek().copied(`${sign}\uFE0F`));
  } catch (error) {
    complain(error);
  }
}

async function shareIt(sign: string): Promise<void> {
  // A share that the person closes is no error.
  await navigator.share({ text: sign }).catch(() => undefined);
}

/** The picture as it is seen, with the emoticon on the face, as a file. */
function photo(sign: string): void {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
  const brush = canvas.getContext("2d")!;
  brush.translate(canvas.width, 0);
  brush.scale(-1, 1);
  brush.drawImage(video, 0, 0);
  brush.setTransform(1, 0, 0, 1, 0, 0);
  const face = box.peek() ?? { x: 0, y: 0, width: canvas.width, height: canvas.height };
  const side = 1.25 * Math.max(face.width, face.height);
  brush.textAlign = "center";
  brush.textBaseline = "middle";
  brush.font = `${side}px ${EMOJI_FONT}`;
  const ink = brush.measureText(sign);
  const tall = ink.actualBoundingBoxAscent + ink.actualBoundingBoxDescent;
  const fit = side / Math.max(tall, ink.width, 1);
  brush.font = `${side * fit}px ${EMOJI_FONT}`;
  const shift = ((ink.actualBoundingBoxAscent - ink.actualBoundingBoxDescent) / 2) * fit;
  brush.fillText(sign, canvas.width - face.x - face.width / 2, face.y + face.height / 2 + shift);
  canvas.toBlob((blob) => blob && download(blob, `fer-${Date.now()}.png`));
}

export function download(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  window.setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

function Bars() {
  const all = state.value.labels;
  return (
    <ul class="bars" aria-label={words.value.probabilities} data-testid="bars">
      {all.map((label) => {
        const share = probabilities.value.get(label) ?? 0;
        return (
          <li
            key={label}
            class={answer.value === label ? "best" : ""}
            style={{ "--label": colour(label) }}
            data-label={label}
          >
            <span class="name">{labelName(label)}</span>
            <span class="bar" aria-hidden="true">
              <span class="fill" style={{ transform: `scaleX(${share.toFixed(3)})` }} />
            </span>
            <span class="value">{probabilities.value.size ? Math.round(100 * share) : "–"}</span>
          </li>
        );
      })}
    </ul>
  );
}

export function Emoticon() {
  const texts = words.value;
  const label = answer.value;
  const signs = label ? emoticons(label) : [];
  const sign = signs[0] ?? "";
  return (
    <section class="card yours-alone" style={{ "--label": label ? colour(label) : "var(--muted)" }}>
      <div class="spoken">
        <button
          type="button"
          class="emoji sign"
          disabled={!sign}
          aria-label={sign ? `${texts.copy} ${sign}` : texts.noFace}
          onClick={() => void copyIt(sign)}
          data-testid="emoticon"
          data-label={label ?? ""}
        >
          {sign || (label ? labelName(label).slice(0, 1).toUpperCase() : "👀")}
        </button>
        <div class="beside">
          <p class="label">{label ? labelName(label) : texts.noFace}</p>
          <div class="row">
            <Button
              icon="copy"
              kind="primary"
              label={texts.copy}
              disabled={!sign}
              onClick={() => void copyIt(sign)}
              testId="copy"
            >
              {texts.copy}
            </Button>
            {"share" in navigator && (
              <Button
                icon="share"
                label={texts.share}
                disabled={!sign}
                onClick={() => void shareIt(sign)}
                testId="share"
              >
                {texts.share}
              </Button>
            )}
            <Button
              icon="image"
              label={texts.photo}
              disabled={!sign || camera.value !== "on"}
              onClick={() => photo(sign)}
              testId="photo"
            >
              {texts.photo}
            </Button>
          </div>
          <div class="others" role="group" aria-label={texts.candidates}>
            {signs.slice(1).map((other) => (
              <button
                key={other}
                type="button"
                class="tile emoji"
                aria-label={`${texts.copy} ${other}`}
                onClick={() => void copyIt(other)}
              >
                {other}
              </button>
            ))}
          </div>
        </div>
      </div>
      <Bars />
    </section>
  );
}
