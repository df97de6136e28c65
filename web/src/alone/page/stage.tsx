/** The camera's picture with a box around the face, and what is in the way of seeing it. */

import { useEffect, useRef } from "preact/hooks";
import { colour } from "../../colours";
import { labelName, text } from "../../i18n";
import { Button } from "../../parts/controls";
import { camera, size, startCamera, video } from "./camera";
import { answer, box, config, emoticons, probabilities } from "./state";
import { words } from "./words";

function Face() {
  const [one, whole, label] = [box.value, size.value, answer.value];
  if (!one || !label) return null;
  const share = (value: number, of: number) => `${((100 * value) / of).toFixed(2)}%`;
  const left = whole.width - one.x - one.width;
  const edge = left + one.width / 2 > whole.width / 2;
  const style = {
    "--label": colour(label),
    // Mirrored, as people see themselves.
    left: share(left, whole.width),
    // For its words: the share of the picture between its outer edge and the picture's.
    "--room": (edge ? left + one.width : whole.width - left) / whole.width,
    top: share(one.y, whole.height),
    width: share(one.width, whole.width),
    height: share(one.height, whole.height),
  };
  return (
    <div class={`face-box ${edge ? "edge" : ""}`} style={style} data-testid="face">
      <span>
        <i class="emoji">{emoticons(label)[0]}</i> {labelName(label)} {Math.round(100 * (probabilities.value.get(label) ?? 0)) || ""}
      </span>
    </div>
  );
}

function Hindrance() {
  const texts = words.value;
  const now = camera.value;
  if (now === "starting") return <div class="over" role="status">{texts.waiting}</div>;
  if (now !== "on")
    return (
      <div class="over" role="alert" data-testid="no-camera" data-why={now}>
        <p>{texts.noCamera}</p>
        <p>{text.value.camera.errors[now]}</p>
        {navigator.mediaDevices && <Button onClick={() => void startCamera()}>{texts.again}</Button>}
      </div>
    );
  if (!config.value) return <div class="over loading">{texts.loading}…</div>;
  if (config.value.detector === null) return <div class="frame-hint">{texts.holdHere}</div>;
  return box.value ? null : <div class="frame-hint">{texts.lookHere}</div>;
}

export function Stage() {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    place.current!.prepend(video);
  }, []);
  return (
    <section class="screen" style={{ "--ratio": size.value.width / size.value.height }}>
      <div ref={place} class="film">
        <Face />
      </div>
      <Hindrance />
    </section>
  );
}
