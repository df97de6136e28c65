/**
 * One face, by MediaPipe's BlazeFace as the robot runs it (`plugins/detectors/blazeface.py`, `core/vision/following.py`):
 * a search of the whole picture, a second look from near, and from then on looks around the last place.
 */

import { resized, roundEven, withChannels, type Box, type Eyes, type Picture } from "./pixels";
import type { Network } from "./runtime";

export interface Seen {
  box: Box;
  eyes: Eyes;
}

interface Found extends Seen {
  score: number;
}

/** Scores from which a new face is believed, and with which a known one is followed; the lowest looked at again. */
const [SCORE, KEEP, DOUBTFUL] = [0.63, 0.35, 0.3];
/** Weight of the near look; the range in which scores are weighed. */
const [WEIGHT, LOW, HIGH] = [0.5, 0.02, 0.995];
const OVERLAP = 0.3;
/** Square around a known face, in sides of its box; margin around the whole picture, in its sides. */
const [SPAN, MARGIN] = [1.5, 0.25];
const OVERSAMPLING = 3;
/** Of the sixteen numbers of a face: its box and its eyes. */
const NUMBERS = 8;
/** Mean grey level below which a picture is brightened, what it is brought to, and by how much at most. */
const [DARK, BRIGHT, MOST] = [60, 110, 40];
/** Ms without a frame from which a face may be anywhere. */
const BLIND = 300;

interface Window {
  x0: number;
  y0: number;
  x1: number;
  y1: number;
}

export class Detector {
  private last: { seen: Seen; at: number } | null = null;
  private readonly places: [number, number][] = [];
  private readonly side: number;
  private readonly input: Float32Array;

  constructor(private readonly network: Network) {
    this.side = network.inputShape[1]!;
    this.input = new Float32Array(this.side * this.side * 3);
    for (const [step, count] of [
      [8, 2],
      [16, 6],
    ] as const)
      for (let y = 0; y < this.side / step; y++)
        for (let x = 0; x < this.side / step; x++)
          for (let i = 0; i < count; i++) this.places.push([(x + 0.5) * step, (y + 0.5) * step]);
  }

  /** The face in a picture that follows no other, or null. */
  still(picture: Picture): Promise<Seen | null> {
    return this.search(picture, brightening(picture));
  }

  /** The face in a frame taken at `now` ms, or null. */
  async find(picture: Picture, now: number): Promise<Seen | null> {
    const gain = brightening(picture);
    const known = this.last && now - this.last.at <= BLIND ? this.last.seen.box : null;
    const found = (known && (await this.follow(picture, known, gain))) ?? (await this.search(picture, gain));
    if (found) this.last = { seen: found, at: now };
    else if (this.last && now - this.last.at > BLIND) this.last = null;
    return found;
  }

  private async follow(picture: Picture, known: Box, gain: number): Promise<Seen | null> {
    const near = (await this.look(picture, known, gain)).filter(({ box, score }) => score >= KEEP && close(box, known));
    return near[0] ?? null;
  }

  private async search(picture: Picture, gain: number): Promise<Seen | null> {
    const whole = { x0: 0, y0: 0, x1: picture.width, y1: picture.height };
    let chosen: Found | null = null;
    for (const first of (await this.seen(picture, whole, MARGIN, gain)).slice(0, 4)) {
      const near = (await this.look(picture, first.box, gain)).filter(({ box }) => close(box, first.box));
      const second = near[0];
      const score = blend(first.score, second?.score ?? 0);
      const { box, eyes } = second && second.score >= KEEP ? second : first;
      if (score >= SCORE && (!chosen || box.width > chosen.box.width)) chosen = { box, eyes, score };
    }
    return chosen;
  }

  private look(picture: Picture, { x, y, width, height }: Box, gain: number): Promise<Found[]> {
    const half = (Math.max(width, height) * SPAN) / 2;
    const [cx, cy] = [x + width / 2, y + height / 2];
    const window = {
      x0: Math.max(0, Math.trunc(cx - half)),
      y0: Math.max(0, Math.trunc(cy - half)),
      x1: Math.min(picture.width, Math.trunc(cx + half) + 1),
      y1: Math.min(picture.height, Math.trunc(cy + half) + 1),
    };
    return this.seen(picture, window, 0, gain);
  }

  /** The faces in a part of the picture, brought to the network's size and into its middle; the best first. */
  private async seen(picture: Picture, window: Window, margin: number, gain: number): Promise<Found[]> {
    const [w, h] = [window.x1 - window.x0, window.y1 - window.y0];
    if (Math.min(w, h) < 1) return [];
    const zoom = this.side / Math.max(w, h) / (1 + 2 * margin);
    const [width, height] = [roundEven(w * zoom), roundEven(h * zoom)];
    if (Math.min(width, height) < 1) return [];
    const view = reduced(picture, window, width, height);
    const [beside, above] = [Math.trunc(margin * width), Math.trunc(margin * height)];
    const left = Math.trunc((this.side - width - 2 * beside) / 2);
    const top = Math.trunc((this.side - height - 2 * above) / 2);
    this.input.fill(-1);
    for (let y = 0; y < height + 2 * above; y++)
      for (let x = 0; x < width + 2 * beside; x++) {
        const row = Math.min(Math.max(y - above, 0), height - 1);
        const column = Math.min(Math.max(x - beside, 0), width - 1);
        const from = (row * width + column) * 3;
        const to = ((top + y) * this.side + left + x) * 3;
        for (let c = 0; c < 3; c++)
          this.input[to + c] = Math.min(Math.trunc(view.data[from + c]! * gain), 255) / 127.5 - 1;
      }
    const found: Found[] = [];
    for (const { score, numbers } of await this.read()) {
      const [cx, cy, bw, bh] = [numbers[0]! - left - beside, numbers[1]! - top - above, numbers[2]!, numbers[3]!];
      if (!(bw > 0 && bh > 0)) continue;
      const x0 = Math.max(0, roundEven(window.x0 + (cx - bw / 2) / zoom));
      const y0 = Math.max(0, roundEven(window.y0 + (cy - bh / 2) / zoom));
      const x1 = Math.min(picture.width, roundEven(window.x0 + (cx - bw / 2) / zoom) + roundEven(bw / zoom));
      const y1 = Math.min(picture.height, roundEven(window.y0 + (cy - bh / 2) / zoom) + roundEven(bh / zoom));
      const eye = (i: number): [number, number] => [
        window.x0 + (numbers[i]! - left - beside) / zoom,
        window.y0 + (numbers[i + 1]! - top - above) / zoom,
      ];
      const box = { x: x0, y: y0, width: x1 - x0, height: y1 - y0 };
      if (x1 > x0 && y1 > y0) found.push({ score, box, eyes: [eye(4), eye(6)] });
    }
    return found;
  }

  /** Scores, boxes (centre and size) and both eyes in pixels of the network's input; boxes that overlap are averaged. */
  private async read(): Promise<{ score: number; numbers: number[] }[]> {
    const outputs = await this.network.run(this.input);
    const logits = outputs.find((one) => one.length === this.places.length)!;
    const raw = outputs.find((one) => one.length !== this.places.length)!;
    const likely = [...logits.keys()]
      .map((at) => ({ at, score: 1 / (1 + Math.exp(-Math.min(Math.max(logits[at]!, -80), 80))) }))
      .filter(({ score }) => score >= DOUBTFUL)
      .sort((a, b) => b.score - a.score)
      .map(({ at, score }) => {
        const place = this.places[at]!;
        const from = (i: number) => (i === 2 || i === 3 ? 0 : place[i % 2]!); // all but the size are counted from it
        return { score, numbers: Array.from({ length: NUMBERS }, (_, i) => raw[at * 16 + i]! + from(i)) };
      });
    const out = [];
    for (let left = likely; left.length; ) {
      const first = left[0]!;
      const same = left.filter((one) => one === first || overlap(one.numbers, first.numbers) > OVERLAP);
      const weight = same.reduce((sum, one) => sum + one.score, 0);
      const average = (i: number) => same.reduce((sum, one) => sum + one.numbers[i]! * one.score, 0) / weight;
      out.push({ score: first.score, numbers: Array.from({ length: NUMBERS }, (_, i) => average(i)) });
      left = left.filter((one) => !same.includes(one));
    }
    return out;
  }
}

function overlap(a: number[], b: number[]): number {
  const inner = (i: number) =>
    Math.max(
      0,
      Math.min(a[i]! + a[i + 2]! / 2, b[i]! + b[i + 2]! / 2) - Math.max(a[i]! - a[i + 2]! / 2, b[i]! - b[i + 2]! / 2),
    );
  const shared = inner(0) * inner(1);
  return shared / Math.max(a[2]! * a[3]! + b[2]! * b[3]! - shared, 1e-9);
}

function close(one: Box, other: Box): boolean {
  const side = Math.max(other.width, other.height);
  const size = Math.max(one.width, one.height);
  const dx = one.x + one.width / 2 - other.x - other.width / 2;
  const dy = one.y + one.height / 2 - other.y - other.height / 2;
  return Math.hypot(dx, dy) < 0.5 * side && 0.5 * side < size && size < 2 * side;
}

function blend(first: number, second: number): number {
  const [a, b] = [first, second].map((score) => {
    const p = Math.min(Math.max(score, LOW), HIGH);
    return Math.log(p / (1 - p));
  }) as [number, number];
  return 1 / (1 + Math.exp(-((1 - WEIGHT) * a + WEIGHT * b)));
}

/** A part of the picture in RGB at another size; of a large one, only some rows and columns are read. */
function reduced(picture: Picture, { x0, y0, x1, y1 }: Window, width: number, height: number): Picture {
  const step = Math.max(
    1,
    Math.min(Math.trunc((x1 - x0) / (OVERSAMPLING * width)), Math.trunc((y1 - y0) / (OVERSAMPLING * height))),
  );
  const [w, h] = [Math.ceil((x1 - x0) / step), Math.ceil((y1 - y0) / step)];
  const { channels, data } = picture;
  const part = new Uint8Array(w * h * channels);
  for (let y = 0, to = 0; y < h; y++)
    for (let x = 0; x < w; x++) {
      const from = ((y0 + y * step) * picture.width + x0 + x * step) * channels;
      for (let c = 0; c < channels; c++) part[to++] = data[from + c]!;
    }
  const plain = withChannels({ width: w, height: h, channels, data: part }, 3);
  return resized(plain, width, height, width < w);
}

/** What the grey levels of a dark picture are multiplied by. */
function brightening({ width, height, channels, data }: Picture): number {
  let [sum, count] = [0, 0];
  for (let i = 0; i < 24; i++)
    for (let j = 0; j < 32; j++) {
      const at = (Math.trunc((i * (height - 1)) / 23) * width + Math.trunc((j * (width - 1)) / 31)) * channels;
      for (let c = 0; c < Math.min(channels, 3); c++) sum += data[at + c]!;
      count += Math.min(channels, 3);
    }
  const mean = sum / count;
  return mean >= DARK ? 1 : Math.min(MOST, BRIGHT / Math.max(mean, 1e-3));
}
