/** LiteRT in WebAssembly: the same interpreter, and the very same numbers, as on the robot. */

import { loadAndCompile, loadLiteRt, Tensor, type CompiledModel } from "@litertjs/core";
import { sha256 } from "../files/sha256";
import { inflate } from "../files/zip";
import { HERE } from "../here";
import { Refused } from "../refused";

/** Large files are kept under their version for visits without a network; the service worker keeps the others. */
const KEPT = `fer-files ${HERE}`;

/** Null where the browser keeps nothing for this page. */
async function cache(): Promise<Cache | null> {
  try {
    return await caches.open(KEPT);
  } catch {
    return null;
  }
}

/**
 * A large file of the page. It is packed, as plain web servers pack nothing.
 *
 * @throws Refused: the server has another one in its place, as after another export.
 */
export async function fetched(name: string, versions: Record<string, string>): Promise<Uint8Array> {
  const version = versions[name] ?? "";
  const url = `${name}?v=${version}`;
  const kept = await cache();
  const tries = [
    () => kept?.match(url),
    () => fetch(url),
    () => fetch(url, { cache: "reload" }), // the browser's own cache may have an old one
  ];
  for (const [number, next] of tries.entries()) {
    const answer = await next();
    if (!answer) continue;
    if (!answer.ok) throw new Error(`${name}: ${answer.status} ${answer.statusText}`);
    const copy = answer.clone();
    const found = await unpacked(new Uint8Array(await answer.arrayBuffer())).catch(() => null);
    if (!found || !(await sha256(found)).startsWith(version)) continue;
    if (number > 0) await kept?.put(url, copy).catch(() => undefined); // the disk is full: it is fetched again
    return found;
  }
  throw new Refused("stale", name);
}

/** A server may have unpacked it on the way. */
const unpacked = async (bytes: Uint8Array): Promise<Uint8Array> =>
  bytes[0] === 0x1f && bytes[1] === 0x8b ? inflate(bytes, "gzip") : bytes;

/** Load the interpreter; without a GPU, which would answer otherwise than the robot. */
export async function start(versions: Record<string, string>): Promise<void> {
  const wasm = await fetched("runtime/litert.wasm.gz", versions);
  const silent = () => undefined; // it tells of accelerators that are not there
  Object.defineProperty(navigator, "gpu", { value: { requestAdapter: async () => null }, configurable: true });
  Object.assign(self, { Module: { wasmBinary: wasm.buffer, print: silent, printErr: silent } });
  Object.assign(console, { warn: silent });
  await loadLiteRt("runtime/litert.js");
}

export class Network {
  private constructor(private readonly model: CompiledModel) {}

  static async open(file: Uint8Array): Promise<Network> {
    return new Network(await loadAndCompile(file, { accelerator: "wasm" }));
  }

  private static sizes(details: readonly { shape: ArrayLike<number> }[]): number[][] {
    return details.map(({ shape }) => Array.from({ length: Object.keys(shape).length }, (_, at) => shape[at]!));
  }

  get inputShape(): number[] {
    return Network.sizes(this.model.getInputDetails())[0]!;
  }

  get outputShapes(): number[][] {
    return Network.sizes(this.model.getOutputDetails());
  }

  async run(input: Float32Array): Promise<Float32Array[]> {
    const tensor = new Tensor(input, this.inputShape);
    const outputs = await this.model.run([tensor]);
    const found = outputs.map((output) => Float32Array.from(output.toTypedArray() as Float32Array));
    tensor.delete();
    for (const output of outputs) output.delete();
    return found;
  }

  close(): void {
    this.model.delete();
  }
}
