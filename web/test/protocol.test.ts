import { expect, test } from "vitest";
import { HEADER_BYTES, KIND_CAMERA, KIND_PICTURE, VERSION, cameraMessage, readPicture } from "../src/protocol";

/** What the node sends: the header of docs/dashboard_protocol.md, then a JPEG. */
function picture(kind: number, version: number, bytes: number): ArrayBuffer {
  const buffer = new ArrayBuffer(HEADER_BYTES + bytes);
  const view = new DataView(buffer);
  view.setUint8(0, kind);
  view.setUint8(1, version);
  view.setUint32(4, 4_000_000_000, true);
  view.setFloat64(8, 1_700_000_000_123.25, true);
  view.setUint16(16, 640, true);
  view.setUint16(18, 480, true);
  return buffer;
}

test("a picture is read with its number, stamp and size", () => {
  const found = readPicture(picture(KIND_PICTURE, VERSION, 3));
  expect(found).toMatchObject({ seq: 4_000_000_000, stamp: 1_700_000_000_123.25, width: 640, height: 480 });
  expect(found?.data).toHaveLength(3);
});

test("what this page does not know is no picture", () => {
  expect(readPicture(picture(KIND_CAMERA, VERSION, 3))).toBeNull();
  expect(readPicture(picture(KIND_PICTURE, VERSION + 1, 3))).toBeNull();
  expect(readPicture(picture(KIND_PICTURE, VERSION, 0))).toBeNull();
  expect(readPicture(new ArrayBuffer(0))).toBeNull();
});

test("a picture of the phone has the same header", () => {
  const message = cameraMessage(5, 12.5, 320, 240, new Uint8Array([1, 2, 3]).buffer);
  const view = new DataView(message);
  expect([view.getUint8(0), view.getUint8(1), view.getUint32(4, true)]).toEqual([KIND_CAMERA, VERSION, 5]);
  expect([view.getFloat64(8, true), view.getUint16(16, true), view.getUint16(18, true)]).toEqual([12.5, 320, 240]);
  expect([...new Uint8Array(message, HEADER_BYTES)]).toEqual([1, 2, 3]);
});
