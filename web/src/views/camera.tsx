/** This device's camera for the robot. */

import { useEffect, useRef } from "preact/hooks";
import { link } from "../connection";
import { figure, text } from "../i18n";
import { why } from "../i18n/reasons";
import { Button, Choice, Notice } from "../parts/controls";
import { facing, sending, start, starting, stop, trouble, turn, unsuited, video } from "../sender";
import { camera } from "../state";
import type { Trouble } from "../webcam";
import { Now } from "./watch";

/** The sender's video element is shown here while this page is open; it goes on playing elsewhere. */
function Preview() {
  const place = useRef<HTMLDivElement>(null);
  const words = text.value.camera;
  useEffect(() => {
    place.current!.append(video);
    video.className = "";
    if (video.srcObject) void video.play();
    return () => {
      video.className = "hidden";
      document.body.append(video);
      if (video.srcObject) void video.play();
    };
  }, []);
  const mirrored = facing.value === "user" ? "mirrored" : "";
  return (
    <div
      class={`preview ${mirrored} ${sending.value ? "" : "dark"}`}
      ref={place}
      role="img"
      aria-label={words.preview}
    />
  );
}

export function CameraView() {
  const words = text.value.camera;
  const other = camera.value?.sender === "other";
  const mine = sending.value && camera.value?.sender === "me";
  return (
    <>
      <div class="left">
        <section class="stage compact sender" aria-label={words.preview}>
          <Preview />
          {!sending.value && (
            <div class="obstacle">
              <strong>{words.title}</strong>
              <p>{words.privacy}</p>
              <Button
                kind="primary"
                icon="camera"
                class="large"
                disabled={starting.value || other}
                onClick={() => void start()}
                testId="camera-start"
              >
                {starting.value ? words.starting : words.start}
              </Button>
            </div>
          )}
          {mine && (
            <div class="strip" role="status" data-testid="camera-sending">
              <span class="dot" /> {words.sending} · {words.rate(figure(camera.value?.fps))}
            </div>
          )}
          {sending.value && !mine && (
            <div class="strip" role="status">
              {link.value.state === "open" ? words.starting : text.value.stage.offline}
            </div>
          )}
        </section>
      </div>
      <div class="right">
        {trouble.value && (
          <Notice
            kind="bad"
            testId="camera-trouble"
            {...(unsuited.value ? { command: "fer live --dashboard --source auto" } : {})}
          >
            {words.errors[trouble.value as Trouble] ?? trouble.value}
            {unsuited.value && <> {words.needs}</>}
          </Notice>
        )}
        {camera.value?.reason && !trouble.value && !sending.value && (
          <Notice kind="warn" testId="camera-ended">
            {words.ended}: {why(camera.value.reason)}
          </Notice>
        )}
        {other && <Notice kind="warn">{words.other}</Notice>}
        <section class="card" aria-label={words.title}>
          <p>{words.intro}</p>
          <div class="begin">
            <Choice
              label={words.which}
              choices={[
                { value: "user", name: words.front },
                { value: "environment", name: words.back },
              ]}
              value={facing.value}
              onChoose={(next) => void turn(next)}
              disabled={starting.value}
            />
            {sending.value && (
              <Button icon="close" onClick={() => void stop()} testId="camera-stop">
                {words.stop}
              </Button>
            )}
          </div>
        </section>
        <section class="card reading" aria-label={text.value.watch.now}>
          <Now />
        </section>
      </div>
    </>
  );
}
