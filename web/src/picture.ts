/** The live picture: from the socket to every canvas that shows it, acknowledged when it is drawn. */

import { effect, signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { age, link, notify, onBinary } from "./connection";
import { readPicture, type Picture } from "./protocol";

/** Pictures a second that are asked for. */
const FPS = 30;
/** Without a picture for so long, ms, the page says so. */
const STALE = 2500;

/** Size of the picture in which the boxes are given; null until there is one. */
export const size = signal<{ width: number; height: number } | null>(null);
/** Whether pictures come. */
export const live = signal(false);
/** Per second, and ms from acquisition to the screen; measured over the last second. */
export const rate = signal<{ fps: number; screen: number | null }>({ fps: 0, screen: null });

/** Ms from acquisition from which on the page says how old the picture is, and how often it looks. */
const OLD = 1000;
const LOOK = 250;

/** Seconds since the shown picture was taken, where that is worth a word; else 0. */
export const late = signal(0);

/** Ms for which pictures still come when nothing shows them: the next page may, and asking anew takes a moment. */
const LINGER = 2000;

const users = signal(0);
const wanted = signal(false);
const visible = signal(!document.hidden);
const canvases = new Set<HTMLCanvasElement>();

let drawn: ImageBitmap | null = null;
let next: { bitmap: ImageBitmap; picture: Picture } | null = null;
let scheduled = false;
let lastSeq = 0;
let lastStamp = 0;
let lastAt = 0;
let ages: number[] = [];
let count = 0;
let countedSince = performance.now();

document.addEventListener("visibilitychange", () => (visible.value = !document.hidden));

effect(() => {
  if (users.value > 0) {
    wanted.value = true;
    return;
  }
  const timer = window.setTimeout(() => (wanted.value = false), LINGER);
  return () => window.clearTimeout(timer);
});

// The node works only for pages that can be seen.
effect(() => {
  if (link.value.state !== "open") {
    live.value = false;
    lastSeq = 0;
    return;
  }
  notify("watch", { video: visible.value && wanted.value, emotions: visible.value, fps: FPS });
});

const seen = (picture: Picture) => notify("seen", { seq: picture.seq });

onBinary(async (buffer) => {
  const picture = readPicture(buffer);
  if (picture === null) return;
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(new Blob([picture.data]));
  } catch {
    seen(picture); // a damaged picture is passed over
    return;
  }
  if (picture.seq < lastSeq) {
    bitmap.close();
    seen(picture);
    return;
  }
  lastSeq = picture.seq;
  if (next !== null) {
    next.bitmap.close();
    seen(next.picture);
  }
  next = { bitmap, picture };
  if (!scheduled) {
    scheduled = true;
    requestAnimationFrame(draw);
  }
});

function draw(): void {
  scheduled = false;
  if (next === null) return;
  const { bitmap, picture } = next;
  next = null;
  drawn?.close();
  drawn = bitmap;
  for (const canvas of canvases) paint(canvas);
  seen(picture);
  const before = size.peek();
  if (before?.width !== picture.width || before.height !== picture.height) {
    size.value = { width: picture.width, height: picture.height };
  }
  lastAt = performance.now();
  lastStamp = picture.stamp;
  live.value = true;
  count += 1;
  const old = age(picture.stamp);
  if (old !== null) ages.push(old);
}

function paint(canvas: HTMLCanvasElement): void {
  if (drawn === null) return;
  if (canvas.width !== drawn.width || canvas.height !== drawn.height) {
    canvas.width = drawn.width;
    canvas.height = drawn.height;
  }
  canvas.getContext("2d", { alpha: false })?.drawImage(drawn, 0, 0);
}

window.setInterval(() => {
  const at = performance.now();
  const fps = (count * 1000) / (at - countedSince);
  ages.sort((a, b) => a - b);
  rate.value = { fps, screen: ages[ages.length >> 1] ?? null };
  count = 0;
  ages = [];
  countedSince = at;
  if (at - lastAt > STALE) live.value = false;
}, 1000);

window.setInterval(() => {
  const old = live.peek() ? age(lastStamp) : null;
  late.value = old !== null && old > OLD ? Math.round(old / 1000) : 0;
}, LOOK);

/** When the picture on the screen was taken, by the node's clock. */
export const drawnStamp = (): number => lastStamp;

/** A canvas that shows the live picture while its component is there. */
export function useLivePicture() {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const shown = canvas.current!;
    canvases.add(shown);
    users.value += 1;
    paint(shown);
    return () => {
      canvases.delete(shown);
      users.value -= 1;
    };
  }, []);
  return canvas;
}
