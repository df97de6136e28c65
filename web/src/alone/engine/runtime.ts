/** LiteRT in WebAssembly: the same interpreter, and the very same numbers, as on the robot. */

import { loadAndCompile, loadLiteRt, Tensor, type CompiledModel } from "@litertjs/core";
import { inflate } from "../files/zip";

/** Large files are kept under their version for visits without a network; the service worker keeps the others. */
const KEPT = "fer-files";

/** A large file of the page. It is packed, as plain web servers pack nothing. */
export async function fetched(name: string, versions: Record<string, string>): Promise<Uint8Array> {
  const url = `${name}?v=${versions[name] ?? ""}`;
  const kept = "caches" in self ? await caches.open(KEPT).catch(() => null) : null;
  let answer = await kept?.match(url);
  if (!answer) {
    answer = await fetch(url);
    if (!answer.ok) throw new Error(`${name}: ${answer.status} ${answer.statusText}`);
    await kept?.put(url, answer.clone()).catch(() => undefined); // the disk is full: it is fetched again
  }
  const bytes = new Uint8Array(await answer.arrayBuffer());
  // A server may have unpacked it on the way.
  return bytes[0] === 0x1f && bytes[1] === 0x8b ? inflate(bytes, "gzip") : bytes;
}

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
