/** Zip archives: reading stored and deflated members, writing stored ones. */

import { Refused } from "../refused";

export type Files = Map<string, Uint8Array>;

/** What an archive may hold, so that a small file cannot fill the memory. */
export interface Limits {
  files: number;
  bytes: number;
}

const [LOCAL, CENTRAL, END] = [0x04034b50, 0x02014b50, 0x06054b50];
const END_SIZE = 22;
const COMMENT = 0xffff;

export function isZip(bytes: Uint8Array): boolean {
  return bytes.length >= END_SIZE && bytes[0] === 0x50 && bytes[1] === 0x4b;
}

/**
 * All members by name; folders are left out.
 *
 * @throws Refused: it is no archive, is damaged, or larger than is allowed.
 */
export async function unzip(bytes: Uint8Array, limits: Limits): Promise<Files> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let end = bytes.length - END_SIZE;
  const first = Math.max(0, end - COMMENT);
  while (end >= first && view.getUint32(end, true) !== END) end--;
  if (end < first || end < 0) throw new Refused("file_other");
  const count = view.getUint16(end + 10, true);
  if (count > limits.files) throw new Refused("file_many", String(limits.files));
  let at = view.getUint32(end + 16, true);
  let total = 0;
  const out: Files = new Map();
  try {
    for (let number = 0; number < count; number++) {
      if (view.getUint32(at, true) !== CENTRAL) throw new Refused("file_damaged");
      const method = view.getUint16(at + 10, true);
      const packed = view.getUint32(at + 20, true);
      const size = view.getUint32(at + 24, true);
      const [nameSize, extra, comment] = [28, 30, 32].map((place) => view.getUint16(at + place, true)) as [
        number,
        number,
        number,
      ];
      const local = view.getUint32(at + 42, true);
      const name = new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(at + 46, at + 46 + nameSize));
      at += 46 + nameSize + extra + comment;
      if (name.endsWith("/")) continue;
      if ((total += size) > limits.bytes) throw new Refused("file_large", String(Math.round(limits.bytes / 1e6)));
      if (name.startsWith("/") || name.split("/").includes("..")) throw new Refused("file_damaged", name);
      if (view.getUint32(local, true) !== LOCAL) throw new Refused("file_damaged", name);
      const data = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
      if (data + packed > bytes.length) throw new Refused("file_damaged", name);
      const content = bytes.subarray(data, data + packed);
      if (method !== 0 && method !== 8) throw new Refused("file_damaged", name);
      const plain = method === 0 ? content : await inflate(content, "deflate-raw", size);
      if (plain.length !== size) throw new Refused("file_damaged", name);
      out.set(name, plain);
    }
  } catch (error) {
    if (error instanceof Refused) throw error;
    throw new Refused("file_damaged"); // a place outside of the file, or damaged data
  }
  return out;
}

/** Unpack a stream, but no more than `most` bytes of it. */
export async function inflate(packed: Uint8Array, format: CompressionFormat, most = Infinity): Promise<Uint8Array> {
  const stream = new Blob([packed as BlobPart]).stream().pipeThrough(new DecompressionStream(format));
  const reader = stream.getReader();
  const parts: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    if ((size += value.length) > most) {
      await reader.cancel();
      throw new Refused("file_damaged");
    }
    parts.push(value);
  }
  return joined(parts, size);
}

function joined(parts: Uint8Array[], size: number): Uint8Array {
  const out = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

const TABLE = Uint32Array.from({ length: 256 }, (_, value) => {
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  return value;
});

export function crc32(bytes: Uint8Array): number {
  let sum = 0xffffffff;
  for (const byte of bytes) sum = TABLE[(sum ^ byte) & 255]! ^ (sum >>> 8);
  return ~sum >>> 0;
}

/** An archive of stored members: pictures and networks are packed already. */
export function zip(files: Files): Uint8Array {
  const [parts, list]: [Uint8Array[], Uint8Array[]] = [[], []];
  let at = 0;
  for (const [name, content] of files) {
    const label = new TextEncoder().encode(name);
    const sum = crc32(content);
    const head = (signature: number, size: number) => {
      const bytes = new Uint8Array(size + label.length);
      const view = new DataView(bytes.buffer);
      const shift = signature === CENTRAL ? 2 : 0; // the list has the version of the maker first
      view.setUint32(0, signature, true);
      if (shift) view.setUint16(4, 20, true);
      view.setUint16(4 + shift, 20, true);
      view.setUint16(6 + shift, 0x0800, true); // names are UTF-8
      view.setUint16(12 + shift, 0x21, true); // the first of January 1980: no clock is told
      view.setUint32(14 + shift, sum, true);
      view.setUint32(18 + shift, content.length, true);
      view.setUint32(22 + shift, content.length, true);
      view.setUint16(26 + shift, label.length, true);
      bytes.set(label, size);
      return { bytes, view };
    };
    const entry = head(CENTRAL, 46);
    entry.view.setUint32(42, at, true);
    list.push(entry.bytes);
    const local = head(LOCAL, 30).bytes;
    parts.push(local, content);
    at += local.length + content.length;
  }
  const size = list.reduce((sum, entry) => sum + entry.length, 0);
  const end = new Uint8Array(END_SIZE);
  const view = new DataView(end.buffer);
  view.setUint32(0, END, true);
  view.setUint16(8, list.length, true);
  view.setUint16(10, list.length, true);
  view.setUint32(12, size, true);
  view.setUint32(16, at, true);
  return joined([...parts, ...list, end], at + size + END_SIZE);
}
