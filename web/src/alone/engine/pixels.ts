/**
 * From a picture to the network's input: the same arithmetic as the robot's `core/vision/crop.py`, which is OpenCV's.
 *
 * The one place in the browser where faces are framed, cut, resized and scaled. `web/test/alone/` holds it against
 * numbers that Python wrote.
 */

/** Rows of pixels, 0 to 255: grey, RGB, or RGBA as a canvas gives it. */
export interface Picture {
  width: number;
  height: number;
  channels: 1 | 3 | 4;
  data: Uint8Array | Uint8ClampedArray;
}

/** A detector's box in pixels of the picture; it may reach beyond it. */
export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** From a box to the square that the models were trained on; in sides of the box. */
export interface Framing {
  scale: number;
  dx: number;
  dy: number;
}

/** The input of a network, as in `model.yaml`. */
export interface InputSpec {
  width: number;
  height: number;
  channels: number;
  scaling: string;
}

/** The two eyes of a face in pixels of the picture: the left one in it first. */
export type Eyes = [[number, number], [number, number]];

/** Grey levels below which a crop counts as flat. */
const MIN_STD = 8;
/** Side of the largest crop over the longer side of the picture. */
const MAX_REACH = 3;
/** A face whose eyes are tilted by more degrees is turned back to so many. */
const TILT = 7;

/** Half to even, as Python and OpenCV round. */
export function roundEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

/**
 * The square around a face at the picture's own size, RGB or grey; what lies beyond the picture repeats its edge. A
 * tilted face is turned upright where its eyes are known.
 */
export function square(picture: Picture, box: Box, framing: Framing, eyes: Eyes | null = null): Picture {
  const { width, height, channels, data } = picture;
  const longer = Math.max(box.width, box.height);
  const cx = box.x + box.width / 2 + framing.dx * longer;
  const cy = box.y + box.height / 2 + framing.dy * longer;
  const side = Math.min(Math.max(1, roundEven(longer * framing.scale)), MAX_REACH * Math.max(height, width));
  const tilt = eyes ? (Math.atan2(eyes[1][1] - eyes[0][1], eyes[1][0] - eyes[0][0]) * 180) / Math.PI : 0;
  if (Math.abs(tilt) > TILT) {
    const pivot: [number, number] = [box.x + box.width / 2, box.y + box.height / 2];
    return turned(picture, pivot, [cx, cy], side, tilt - Math.sign(tilt) * TILT);
  }
  const x0 = Math.min(Math.max(roundEven(cx - side / 2), 1 - side), width - 1);
  const y0 = Math.min(Math.max(roundEven(cy - side / 2), 1 - side), height - 1);
  const kept = channels === 1 ? 1 : 3;
  const out = new Uint8Array(side * side * kept);
  let to = 0;
  for (let y = y0; y < y0 + side; y++) {
    const row = Math.min(Math.max(y, 0), height - 1) * width;
    for (let x = x0; x < x0 + side; x++) {
      const from = (row + Math.min(Math.max(x, 0), width - 1)) * channels;
      for (let channel = 0; channel < kept; channel++) out[to++] = data[from + channel]!;
    }
  }
  return { width: side, height: side, channels: kept, data: out };
}

/** A square of a picture that was turned anticlockwise about a place, interpolated as by OpenCV in 32nds of a pixel. */
function turned(
  { width, height, channels, data }: Picture,
  pivot: [number, number],
  centre: [number, number],
  side: number,
  degrees: number,
): Picture {
  const [cosine, sine] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
  const kept = channels === 1 ? 1 : 3;
  const out = new Uint8Array(side * side * kept);
  const [ox, oy] = [centre[0] - pivot[0] - (side - 1) / 2, centre[1] - pivot[1] - (side - 1) / 2];
  const fixed = (value: number) => roundEven(value * 1024); // parts are rounded before they are added
  for (let y = 0, to = 0; y < side; y++) {
    const fromLeft = fixed(pivot[0] + cosine * ox - sine * (y + oy)) + 16;
    const fromTop = fixed(pivot[1] + sine * ox + cosine * (y + oy)) + 16;
    for (let x = 0; x < side; x++) {
      const [left, top] = [(fromLeft + fixed(cosine * x)) >> 5, (fromTop + fixed(sine * x)) >> 5];
      const [x0, y0, a, b] = [left >> 5, top >> 5, (left & 31) / 32, (top & 31) / 32];
      for (let c = 0; c < kept; c++) {
        const at = (dx: number, dy: number) => {
          const column = Math.min(Math.max(x0 + dx, 0), width - 1);
          return data[(Math.min(Math.max(y0 + dy, 0), height - 1) * width + column) * channels + c]!;
        };
        const upper = (1 - a) * at(0, 0) + a * at(1, 0);
        out[to++] = roundEven((1 - b) * upper + b * ((1 - a) * at(0, 1) + a * at(1, 1)));
      }
    }
  }
  return { width: side, height: side, channels: kept, data: out };
}

/** A face of any size brought to the network's size and channels. */
export function resize(picture: Picture, spec: InputSpec): Picture {
  const plain = withChannels(picture, spec.channels);
  if (plain.width === spec.width && plain.height === spec.height) return plain;
  const shrink = plain.height > spec.height || plain.width > spec.width;
  return resized(plain, spec.width, spec.height, shrink);
}

/** Grey levels to the network's range. */
export function scale(crop: Picture, scaling: string): Float32Array {
  const x = Float32Array.from(crop.data);
  if (scaling === "minus_one_to_one") return x.map((value) => Math.fround(value / 127.5) - 1);
  if (scaling === "zero_to_one") return x.map((value) => value / 255);
  const mean = Math.fround(x.reduce((sum, value) => sum + value, 0) / x.length);
  let squares = 0;
  for (let i = 0; i < x.length; i++) {
    x[i]! -= mean;
    squares += x[i]! * x[i]!;
  }
  const deviation = Math.max(Math.fround(Math.sqrt(squares / x.length)), MIN_STD);
  return x.map((value) => value / deviation);
}

/** Grey by ITU-R BT.601 in OpenCV's fixed point, or three equal channels of a grey picture. */
export function withChannels(picture: Picture, channels: number): Picture {
  const { width, height, data } = picture;
  if (picture.channels === channels) return picture;
  const out = new Uint8Array(width * height * channels);
  const step = picture.channels;
  for (let i = 0, from = 0; i < width * height; i++, from += step) {
    if (channels === 1) {
      out[i] = (data[from]! * 9798 + data[from + 1]! * 19235 + data[from + 2]! * 3735 + 16384) >> 15;
    } else for (let c = 0; c < 3; c++) out[3 * i + c] = data[step === 1 ? from : from + c]!;
  }
  return { width, height, channels: channels === 1 ? 1 : 3, data: out };
}

/** Resized as by OpenCV: averaged over areas where it shrinks, else linearly. */
export function resized(picture: Picture, width: number, height: number, shrink: boolean): Picture {
  const out = new Uint8Array(width * height * picture.channels);
  if (shrink && width <= picture.width && height <= picture.height) average(picture, width, height, out);
  else interpolate(picture, width, height, out);
  return { width, height, channels: picture.channels, data: out };
}

interface Part {
  from: number;
  weight: number;
}

/** What each place of a shrunken row is made of. */
function parts(source: number, target: number): Part[][] {
  const ratio = source / target;
  return Array.from({ length: target }, (_, place) => {
    const [begin, end] = [place * ratio, (place + 1) * ratio];
    const cell = Math.min(ratio, source - begin);
    const last = Math.min(Math.floor(end), source - 1);
    const first = Math.min(Math.ceil(begin), last);
    const found: Part[] = [];
    if (first - begin > 1e-3) found.push({ from: first - 1, weight: Math.fround((first - begin) / cell) });
    for (let from = first; from < last; from++) found.push({ from, weight: Math.fround(1 / cell) });
    if (end - last > 1e-3)
      found.push({ from: last, weight: Math.fround(Math.min(Math.min(end - last, 1), cell) / cell) });
    return found;
  });
}

function average({ width: w, height: h, channels, data }: Picture, width: number, height: number, out: Uint8Array) {
  const [stepX, stepY] = [w / width, h / height];
  if (Number.isInteger(stepX) && Number.isInteger(stepY)) {
    const share = Math.fround(1 / (stepX * stepY));
    for (let y = 0, to = 0; y < height; y++)
      for (let x = 0; x < width; x++)
        for (let c = 0; c < channels; c++) {
          let sum = 0;
          for (let j = 0; j < stepY; j++)
            for (let i = 0; i < stepX; i++)
              sum += data[((y * stepY + j) * w + x * stepX + i) * channels + c]!;
          // OpenCV has a way of its own for halves, which rounds a half up.
          out[to++] = stepX === 2 && stepY === 2 ? (sum + 2) >> 2 : roundEven(Math.fround(sum * share));
        }
    return;
  }
  const columns = parts(w, width);
  const row = new Float32Array(width * channels);
  const sums = new Float32Array(width * channels);
  parts(h, height).forEach((lines, y) => {
    sums.fill(0);
    for (const { from: line, weight } of lines) {
      for (let x = 0; x < width; x++)
        for (let c = 0; c < channels; c++) {
          let sum = 0;
          for (const part of columns[x]!)
            sum = Math.fround(sum + Math.fround(data[(line * w + part.from) * channels + c]! * part.weight));
          row[x * channels + c] = sum;
        }
      for (let i = 0; i < row.length; i++) sums[i]! += Math.fround(row[i]! * weight);
    }
    for (let i = 0; i < sums.length; i++) out[y * width * channels + i] = roundEven(sums[i]!);
  });
}

/** Two neighbours of each place and their weights, in 2048ths. */
function neighbours(source: number, target: number): [number, number, number, number][] {
  const ratio = source / target;
  return Array.from({ length: target }, (_, place) => {
    const at = Math.fround((place + 0.5) * ratio - 0.5);
    const floor = Math.floor(at);
    const rest = floor < 0 || floor >= source - 1 ? 0 : at - floor;
    const first = Math.min(Math.max(floor, 0), source - 1);
    const second = Math.min(first + 1, source - 1);
    return [first, second, roundEven((1 - rest) * 2048), roundEven(rest * 2048)];
  });
}

function interpolate({ width: w, height: h, channels, data }: Picture, width: number, height: number, out: Uint8Array) {
  const columns = neighbours(w, width);
  neighbours(h, height).forEach(([above, below, upper, lower], y) => {
    columns.forEach(([left, right, a, b], x) => {
      for (let c = 0; c < channels; c++) {
        const at = (row: number, column: number) => data[(row * w + column) * channels + c]!;
        const one = at(above, left) * a + at(above, right) * b;
        const two = at(below, left) * a + at(below, right) * b;
        out[(y * width + x) * channels + c] = (((upper * (one >> 4)) >> 16) + ((lower * (two >> 4)) >> 16) + 2) >> 2;
      }
    });
  });
}
