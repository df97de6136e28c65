/** This device's camera as the robot's: its pictures go to the node as JPEG, at most two on the way. */

import { effect, signal } from "@preact/signals";
import { Refusal, link, now, onMessage, request, sendBinary } from "./connection";
import { cameraMessage } from "./protocol";
import { camera, welcome } from "./state";
import { complain, reason } from "./toast";
import { explained, unable, type Trouble } from "./webcam";

/** Pictures without an answer, and ms after which an answer is no longer waited for. */
const ON_THE_WAY = 2;
const FORGET = 2000;
const QUALITY = 0.8;
/** What the camera is asked for; it gives the nearest that it has. */
const WIDTH = 640;
const HEIGHT = 480;

export type Facing = "user" | "environment";

export const facing = signal<Facing>("user");
/** Whether pictures are sent, or meant to be as soon as there is a connection. */
export const sending = signal(false);
export const starting = signal(false);
/** Why it does not go: a key of the texts' `camera.errors`, or a sentence; "" where it does. */
export const trouble = signal<Trouble | (string & {})>("");
/** The node has no camera that takes pictures of a browser. */
export const unsuited = signal(false);

/** Plays the camera: the preview where it is shown, and where the pictures are taken from. */
export const video = document.createElement("video");
video.muted = true;
video.playsInline = true;

const canvas = document.createElement("canvas");
let stream: MediaStream | null = null;
let unanswered = 0;
let answeredAt = 0;
let sentAt = 0;
let seq = 0;
let lock: WakeLockSentinel | null = null;

const explain = (error: unknown): string => (error instanceof Refusal ? reason(error) : explained(error));

async function open(): Promise<void> {
  close();
  stream = await navigator.mediaDevices.getUserMedia({
    audio: false,
    video: {
      facingMode: facing.peek(),
      width: { ideal: WIDTH },
      height: { ideal: HEIGHT },
      frameRate: { ideal: welcome.peek()?.limits.camera_fps ?? 30 },
    },
  });
  const [track] = stream.getVideoTracks() as [MediaStreamTrack];
  track.onended = () => {
    trouble.value = "ended";
    void stop();
  };
  track.onmute = () => (trouble.value = "muted");
  track.onunmute = () => {
    if (trouble.peek() === "muted") trouble.value = "";
  };
  video.srcObject = stream;
  await video.play();
}

function close(): void {
  stream?.getTracks().forEach((track) => {
    track.onended = track.onmute = track.onunmute = null;
    track.stop();
  });
  stream = null;
  video.srcObject = null;
}

export async function start(): Promise<void> {
  trouble.value = unable() ?? "";
  unsuited.value = false;
  if (trouble.value) return;
  starting.value = true;
  try {
    await open();
    sending.value = true;
    video.requestVideoFrameCallback(picture);
    lock = (await navigator.wakeLock?.request("screen").catch(() => null)) ?? null;
  } catch (error) {
    trouble.value = explain(error);
    close();
  } finally {
    starting.value = false;
  }
}

export async function stop(): Promise<void> {
  if (!sending.peek()) return;
  sending.value = false;
  close();
  void lock?.release();
  lock = null;
  if (link.peek().state === "open") await request("camera.stop").catch(complain);
}

export async function turn(next: Facing): Promise<void> {
  facing.value = next;
  if (!sending.peek()) return;
  try {
    await open();
    video.requestVideoFrameCallback(picture);
  } catch (error) {
    trouble.value = explain(error);
    await stop();
  }
}

function picture(_: number, frame: VideoFrameCallbackMetadata): void {
  if (!sending.peek() || stream === null) return;
  video.requestVideoFrameCallback(picture);
  const at = performance.now();
  if (unanswered > 0 && at - answeredAt > FORGET) unanswered = 0;
  const limits = welcome.peek()?.limits;
  if (!limits || link.peek().state !== "open" || camera.peek()?.sender !== "me") return;
  // A little under the period, so that a camera of exactly that rate is not halved.
  if (unanswered >= ON_THE_WAY || at - sentAt < 900 / limits.camera_fps) return;
  const scale = Math.min(1, Math.sqrt(limits.camera_pixels / (video.videoWidth * video.videoHeight)));
  canvas.width = Math.floor(video.videoWidth * scale);
  canvas.height = Math.floor(video.videoHeight * scale);
  canvas.getContext("2d", { alpha: false })!.drawImage(video, 0, 0, canvas.width, canvas.height);
  const stamp = frame.captureTime === undefined ? now() : performance.timeOrigin + frame.captureTime;
  if (unanswered === 0) answeredAt = at;
  unanswered += 1;
  sentAt = at;
  const { width, height } = canvas;
  canvas.toBlob(
    async (blob) => {
      const small = blob !== null && blob.size <= limits.camera_bytes - 64;
      if (!small || !sendBinary(cameraMessage(++seq, stamp, width, height, await blob.arrayBuffer()))) unanswered -= 1;
    },
    "image/jpeg",
    QUALITY,
  );
}

onMessage((message) => {
  if (message.type === "camera.taken" || (message.type === "error" && message.code === "picture")) {
    unanswered = Math.max(0, unanswered - 1);
    answeredAt = performance.now();
  }
  if (message.type === "error" && message.code === "picture") trouble.value = "refused";
});

let greeting = false;

async function greet(): Promise<void> {
  greeting = true;
  unanswered = 0;
  try {
    await request("camera.start", { width: video.videoWidth, height: video.videoHeight });
  } catch (error) {
    // A connection that was lost meanwhile comes back, and with it this.
    if (!(error instanceof Refusal && error.code === "lost")) {
      trouble.value = explain(error);
      unsuited.value = error instanceof Refusal && error.code === "unavailable";
      void stop();
    }
  }
  greeting = false;
}

// As soon as there is a connection; also after one was lost, or the node ended a sending that fell asleep.
effect(() => {
  const ours = camera.value?.sender === "me";
  if (link.value.state !== "open" || !sending.value || camera.value === null || ours || greeting) return;
  void greet();
});
