/** The camera and the loop that hands its frames to the engine, one at a time. */

import { signal } from "@preact/signals";
import { ask, held, state, take } from "./state";

export const video = document.createElement("video");
video.muted = true;
video.playsInline = true;

/** off: not yet; no: refused or none; insecure: the browser gives none to this page. */
export const camera = signal<"off" | "on" | "no" | "insecure">("off");
export const size = signal({ width: 4, height: 3 });

/** Ms between two frames at least. */
const PERIOD = 33;
let number = 0;

/** What a correction is about: a few frames of the last second. Ms between them; ms after which they are history. */
let recent: { picture: ImageBitmap; time: number }[] = [];
const [RECENT, APART, HISTORY] = [4, 250, 2000];

async function keepRecent(time: number): Promise<void> {
  if (time - (recent.at(-1)?.time ?? -APART) < APART) return;
  recent.push({ picture: await createImageBitmap(video), time });
  for (const { picture } of recent.splice(0, recent.length - RECENT)) picture.close();
}

/** Those frames; they are the caller's then. */
export function lastSecond(): ImageBitmap[] {
  const since = performance.now() - HISTORY;
  const found = recent.filter(({ time }) => time >= since);
  recent = [];
  return found.map(({ picture }) => picture);
}

export async function startCamera(): Promise<void> {
  if (!navigator.mediaDevices) {
    camera.value = "insecure";
    return;
  }
  try {
    const stream = await navigator.mediaDevices.getUserMedia({
      video: { width: { ideal: 640 }, height: { ideal: 480 }, facingMode: "user" },
    });
    for (const track of stream.getTracks()) track.addEventListener("ended", () => (camera.value = "no"));
    video.srcObject = stream;
    await video.play();
    size.value = { width: video.videoWidth, height: video.videoHeight };
    camera.value = "on";
  } catch {
    camera.value = "no";
  }
}

/** The number of a new take. */
export function beginTake(): number {
  number = Math.max(number + 1, state.peek().take);
  return number;
}

const pause = (ms: number) => new Promise((resolve) => window.setTimeout(resolve, ms));

/** Forever: the newest frame to the engine, as soon as it has answered to the last. */
export async function readFrames(): Promise<never> {
  for (;;) {
    const began = performance.now();
    if (camera.peek() === "on" && !document.hidden && video.readyState >= 2) {
      if (video.videoWidth !== size.peek().width) size.value = { width: video.videoWidth, height: video.videoHeight };
      const label = held.peek();
      const hold = label === null ? null : { label, subject: "", take: number };
      try {
        const picture = await createImageBitmap(video);
        const reading = await ask("frame", { picture, time: began, hold }, [picture]);
        take(reading, hold, performance.now());
        await keepRecent(began);
      } catch {
        await pause(500); // the camera was just lost, or the engine has said why it stopped
      }
    }
    await pause(Math.max(0, PERIOD - (performance.now() - began)));
  }
}
