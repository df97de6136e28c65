/** The camera and the loop that hands its frames to the engine, one at a time. */

import { signal } from "@preact/signals";
import { explained, unable, type Trouble } from "../../webcam";
import { ask, box, held, probabilities, state, take } from "./state";

export const video = document.createElement("video");
video.muted = true;
video.playsInline = true;

/** "starting": the browser may be asking for it; else why there is none. */
export const camera = signal<"starting" | "on" | Trouble>("starting");
export const size = signal({ width: 4, height: 3 });

/** Ms between two frames at least. */
const PERIOD = 33;
/** What ends by itself, by a plug or another program. */
const PASSING: readonly string[] = ["none", "used", "ended"];
/** Ms without pictures after which that is said: a busy machine has pauses, too. */
const SILENT = 1000;
let track: MediaStreamTrack | null = null;
let number = 0;
let opening = false;

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

function seeNobody(): void {
  box.value = null;
  probabilities.value = new Map();
}

function release(): void {
  if (track) track.onended = track.onmute = track.onunmute = null;
  track?.stop();
  video.srcObject = track = null;
}

/** A camera that is switched off, or that another program takes for a while, stays open and sends nothing. */
function followMute(own: MediaStreamTrack): void {
  own.onmute = () =>
    window.setTimeout(() => {
      if (own !== track || !own.muted || camera.peek() !== "on") return;
      camera.value = "muted";
      seeNobody();
    }, SILENT);
  own.onunmute = () => {
    if (camera.peek() === "muted") camera.value = "on";
  };
}

function lose(why: Trouble): void {
  camera.value = why;
  release();
  held.value = null; // nothing would be kept
  seeNobody();
}

async function start(): Promise<void> {
  const trouble = unable();
  if (trouble) return lose(trouble);
  if (opening) return;
  opening = true;
  try {
    const stream = await navigator.mediaDevices.getUserMedia({
      video: { width: { ideal: 640 }, height: { ideal: 480 }, facingMode: "user" },
    });
    release();
    track = stream.getVideoTracks()[0]!;
    track.onended = () => lose("ended");
    followMute(track);
    video.srcObject = stream;
    await video.play();
    size.value = { width: video.videoWidth, height: video.videoHeight };
    camera.value = "on";
  } catch (error) {
    lose(explained(error));
  }
  opening = false;
}

export function startCamera(): Promise<void> {
  camera.value = "starting";
  return start();
}

/** A camera that is plugged in, or that another program lets go, is taken without a word. */
export function keepCamera(): void {
  const again = () => !document.hidden && PASSING.includes(camera.peek()) && void start();
  navigator.mediaDevices?.addEventListener("devicechange", again);
  document.addEventListener("visibilitychange", again);
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
    if (camera.peek() === "on" && !track?.muted && !document.hidden && video.readyState >= 2) {
      if (video.videoWidth !== size.peek().width) size.value = { width: video.videoWidth, height: video.videoHeight };
      const label = held.peek();
      const hold = label === null ? null : { label, subject: "", take: number };
      try {
        const picture = await createImageBitmap(video);
        const reading = await ask("frame", { picture, time: began, hold }, [picture]);
        take(reading, hold, performance.now());
        if (video.srcObject === null) seeNobody(); // it was lost while the engine read
        await keepRecent(began);
      } catch {
        await pause(500); // the camera was just lost, or the engine has said why it stopped
      }
    }
    await pause(Math.max(0, PERIOD - (performance.now() - began)));
  }
}
