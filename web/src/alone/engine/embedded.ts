/** What the backbone gives for faces; that of the taught ones is kept while the page is open. */

import type { Maps } from "../learning/features";
import { random } from "../learning/perceptron";
import { altered, copiesOf } from "./altered";
import { together, type Base } from "./base";
import { decoded } from "./pictures";
import { resize, scale, type InputSpec, type Picture } from "./pixels";
import type { Sample } from "./store";

const SEED = 1;

export class Embedded {
  private readonly known = new Map<number, Float32Array[]>();

  constructor(private readonly base: Base) {}

  get spec(): InputSpec {
    return this.base.card.input;
  }

  /** Whether it takes no time. */
  has(sample: Sample): boolean {
    return this.known.has(sample.id);
  }

  /** Of samples, then of crops; `read` is told the share that is done, and ends it by an error. */
  async of(samples: Sample[], more: Picture[] = [], read = async (_: number): Promise<void> => {}): Promise<Maps> {
    const found: Float32Array[][] = [];
    const told = async (at: number) => at % 20 === 0 && (await read(at / (samples.length + more.length)));
    for (const [at, sample] of samples.entries()) {
      found.push(await this.ofSample(sample));
      await told(at);
    }
    for (const [at, crop] of more.entries()) {
      found.push(await this.embed(crop));
      await told(samples.length + at);
    }
    return together(found, this.base);
  }

  /** Altered copies of the samples, all of the first copy, then all of the second. */
  async copies(samples: Sample[]): Promise<Picture[]> {
    const next = random(SEED);
    const out: Picture[] = [];
    const crops = await Promise.all(samples.map((one) => this.crop(one)));
    for (let copy = 0; copy < copiesOf(samples.length); copy++) for (const crop of crops) out.push(altered(crop, next));
    return out;
  }

  private async ofSample(sample: Sample): Promise<Float32Array[]> {
    const maps = this.known.get(sample.id) ?? (await this.embed(await this.crop(sample)));
    this.known.set(sample.id, maps);
    return maps;
  }

  private async crop(sample: Sample): Promise<Picture> {
    return resize(await decoded(sample.picture), this.spec);
  }

  private embed(crop: Picture): Promise<Float32Array[]> {
    return this.base.network.run(scale(crop, this.spec.scaling));
  }
}
