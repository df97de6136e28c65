/** The face as an emoticon, and how probable each expression is. */

import { colour } from "../../colours";
import type { Photographer } from "../../emoticon";
import { labelName } from "../../i18n";
import { Spoken } from "../../parts/spoken";
import { onFace, photographed } from "../../photograph";
import { camera, video } from "./camera";
import { answer, box, emoticons, probabilities, state } from "./state";
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
  const label = answer.value;
  return (
    <Spoken
      label={label}
      signs={label ? emoticons(label) : []}
      nobody={{ title: words.value.noFace, sign: "👀" }}
      photographer={camera.value === "on" ? photographer : null}
    >
      <Bars />
    </Spoken>
  );
}
