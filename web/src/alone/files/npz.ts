/** NumPy's `.npz`: named arrays of float32, as the heads of models are kept. */

import { Refused } from "../refused";
import { unzip, zip, type Files } from "./zip";

export interface Matrix {
  shape: number[];
  data: Float32Array;
}

export type Arrays = Record<string, Matrix>;

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
const LIMITS = { files: 4096, bytes: 1 << 28 };
const READERS: Record<string, (view: DataView, at: number) => number> = {
  "<f4": (view, at) => view.getFloat32(4 * at, true),
  "<f8": (view, at) => view.getFloat64(8 * at, true),
  "<i8": (view, at) => Number(view.getBigInt64(8 * at, true)),
  "|b1": (view, at) => view.getUint8(at),
};

export async function readNpz(bytes: Uint8Array): Promise<Arrays> {
  const out: Arrays = {};
  for (const [name, content] of await unzip(bytes, LIMITS)) out[name.replace(/\.npy$/, "")] = readNpy(content, name);
  return out;
}

function readNpy(bytes: Uint8Array, name: string): Matrix {
  if (MAGIC.some((byte, at) => bytes[at] !== byte) || bytes[6] !== 1) throw new Refused("file_damaged", name);
  const size = bytes[8]! + 256 * bytes[9]!;
  const header = new TextDecoder().decode(bytes.subarray(10, 10 + size));
  const type = /'descr': '([^']+)'/.exec(header)?.[1] ?? "";
  const shape = (/'shape': \(([\d, ]*)\)/.exec(header)?.[1] ?? "?").split(",").filter((part) => part.trim());
  const numbers = shape.map(Number);
  const read = READERS[type];
  const count = numbers.reduce((product, one) => product * one, 1);
  const data = bytes.slice(10 + size);
  if (!read || /'fortran_order': True/.test(header) || data.length !== count * Number(type.slice(2)))
    throw new Refused("file_damaged", name);
  const view = new DataView(data.buffer);
  return { shape: numbers, data: Float32Array.from({ length: count }, (_, at) => read(view, at)) };
}

export function packNpz(arrays: Arrays): Uint8Array {
  const files: Files = new Map();
  for (const [name, { shape, data }] of Object.entries(arrays)) {
    const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
    const dictionary = `{'descr': '<f4', 'fortran_order': False, 'shape': ${tuple}, }`;
    const header = dictionary.padEnd(Math.ceil((10 + dictionary.length + 1) / 64) * 64 - 11) + "\n";
    const bytes = new Uint8Array(10 + header.length + 4 * data.length);
    bytes.set([...MAGIC, 1, 0, header.length & 255, header.length >> 8]);
    bytes.set(new TextEncoder().encode(header), 10);
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), 10 + header.length);
    files.set(`${name}.npy`, bytes);
  }
  return zip(files);
}
