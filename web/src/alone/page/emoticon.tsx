/** The face as an emoticon, and how probable each expression is. */

import { colour } from "../../colours";
import { keyboard, type Photographer } from "../../emoticon";
import { Alike, type AlikeSample } from "../../parts/alike";
import { Name } from "../../parts/controls";
import { Spoken } from "../../parts/spoken";
import { onFace, photographed } from "../../photograph";
import { camera, video } from "./camera";
import { Correction } from "./correct";
import { answer, ask, box, emoticons, probabilities, state } from "./state";
import { words } from "./words";

/** The picture as it is seen, with the emoticon on the face. */
const photographer: Photographer = (sign) => {
  const face = box.peek();
  const { videoWidth: width, videoHeight: height } = video;
  return photographed({ picture: video, width, height, mirrored: true, sign, spot: face && onFace(face) });
};

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
            <Name label={label} />
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

/** Object URLs of the pictures that are shown, by the samples' numbers. */
let shown = new Map<number, string>();

async function alike(): Promise<AlikeSample[] | null> {
  const found = await ask("alike", {}).catch(() => null);
  if (!found) return null;
  const next = new Map(found.map(({ id, picture }) => [id, shown.get(id) ?? URL.createObjectURL(picture)]));
  for (const [id, url] of shown) if (!next.has(id)) URL.revokeObjectURL(url);
  shown = next;
  return found.map(({ id, label }) => ({ key: String(id), label, picture: next.get(id)! }));
}

export function Emoticon() {
  const label = answer.value;
  const texts = words.value;
  const seeing = camera.value === "on" || camera.value === "starting";
  return (
    <Spoken
      label={label}
      signs={label ? emoticons(label) : []}
      nobody={{ title: seeing ? texts.noFace : texts.noCamera, sign: "👀" }}
      photographer={camera.value === "on" ? photographer : null}
    >
      <Bars />
      {keyboard.value.value !== "yes" && <Correction />}
      {state.value.taught && keyboard.value.value !== "yes" && <Alike ask={alike} model="" />}
    </Spoken>
  );
}
