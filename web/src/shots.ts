/** Pictures of this device's files, and of its films: one after the other, made small where the browser reads them. */

/** Pixels of the longer side. */
const SIDE = 1280;
/** Seconds between two pictures of a film at least, and how many are taken of one. */
const EVERY = 0.25;
const FRAMES = 120;
/** Ms for which a film's next picture is waited for. */
const PATIENCE = 10000;

export interface Shot {
  /** Null: the browser cannot read the file. */
  picture: HTMLCanvasElement | null;
  file: File;
  /** When it was taken, ms of the page's clock; 0: not known. */
  stamp: number;
}

const isFilm = (file: File): boolean => file.type.startsWith("video/");

function drawn(source: CanvasImageSource, width: number, height: number): HTMLCanvasElement {
  const scale = Math.min(1, SIDE / Math.max(width, height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  canvas.getContext("2d", { alpha: false })!.drawImage(source, 0, 0, canvas.width, canvas.height);
  return canvas;
}

async function ofPicture(file: File): Promise<Shot> {
  try {
    const bitmap = await createImageBitmap(file);
    const picture = drawn(bitmap, bitmap.width, bitmap.height);
    bitmap.close();
    return { picture, file, stamp: 0 };
  } catch {
    return { picture: null, file, stamp: 0 }; // such as HEIC outside Safari
  }
}

function once(video: HTMLVideoElement, event: string): Promise<void> {
  return new Promise((done, fail) => {
    const timer = window.setTimeout(() => fail(new Error("no film")), PATIENCE);
    const end = (ended: () => void) => () => {
      window.clearTimeout(timer);
      ended();
    };
    video.addEventListener(event, end(done), { once: true });
    video.addEventListener("error", end(() => fail(new Error("no film"))), { once: true });
  });
}

/** Pictures of a film, evenly over all of it. */
async function* ofFilm(file: File, most: number): AsyncGenerator<Shot> {
  const video = document.createElement("video");
  const url = URL.createObjectURL(file);
  video.muted = true;
  video.preload = "auto";
  try {
    video.src = url;
    await once(video, "loadeddata");
    if (!Number.isFinite(video.duration)) {
      // A recording of a browser tells no length until its end was looked for.
      video.currentTime = Number.MAX_SAFE_INTEGER;
      await once(video, "seeked");
    }
    const length = video.duration;
    const step = Math.max(EVERY, length / most);
    const began = Date.now() - length * 1000;
    for (let at = 0; at < length; at += step) {
      video.currentTime = at;
      await once(video, "seeked");
      yield { picture: drawn(video, video.videoWidth, video.videoHeight), file, stamp: began + at * 1000 };
    }
  } finally {
    URL.revokeObjectURL(url);
    video.removeAttribute("src");
  }
}

/**
 * All pictures of files.
 * @param most of a film.
 */
export async function* shots(files: File[], most = FRAMES): AsyncGenerator<Shot> {
  for (const file of files) {
    if (!isFilm(file)) {
      yield await ofPicture(file);
      continue;
    }
    try {
      yield* ofFilm(file, most);
    } catch {
      yield { picture: null, file, stamp: 0 };
    }
  }
}
