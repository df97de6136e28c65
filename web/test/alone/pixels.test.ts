import { expect, test } from "vitest";
import { resize, scale, square, type Eyes, type InputSpec, type Picture } from "../../src/alone/engine/pixels";
import { bytes, numbers } from "./numbers";

const FRAMING = { scale: 1.155, dx: 0, dy: -0.09 };

/** As `picture` of scripts/web_numbers.py draws it, with the channels of a canvas. */
function drawn(): Picture {
  const [width, height] = [140, 120];
  const data = new Uint8Array(width * height * 4).fill(255);
  for (let y = 0, to = 0; y < height; y++)
    for (let x = 0; x < width; x++, to += 4)
      for (let c = 0; c < 3; c++) data[to + c] = Math.floor((x * x) / 3) + 7 * y + 53 * c + 9 * ((x * y) % 17);
  return { width, height, channels: 4, data };
}

for (const { box, eyes, spec, pixels, scaled } of numbers.crops) {
  const [x, y, width, height] = box as [number, number, number, number];
  const name = `box ${box.join(" ")}, ${spec.channels} channels`;
  const found = resize(square(drawn(), { x, y, width, height }, FRAMING, eyes as Eyes | null), spec as InputSpec);

  test(`${name}: pixels as by OpenCV`, () => {
    const wanted = bytes(pixels);
    expect([found.width, found.height, found.data.length]).toEqual([spec.width, spec.height, wanted.length]);
    const gaps = Array.from(wanted, (value, at) => Math.abs(value - found.data[at]!));
    // Enlarging and turning are not the same to the last bit.
    expect(Math.max(...gaps)).toBeLessThanOrEqual(1);
    expect(gaps.filter(Boolean).length / gaps.length).toBeLessThan(width < 40 || eyes ? 0.03 : 0.002);
  });

  test(`${name}: scaled as by NumPy`, () => {
    const same = { ...found, data: bytes(pixels) };
    for (const [way, ends] of Object.entries(scaled)) {
      const values = scale(same, way);
      [...values.slice(0, 4), ...values.slice(-4)].forEach((value, at) => expect(value).toBeCloseTo(ends[at]!, 5));
    }
  });
}
