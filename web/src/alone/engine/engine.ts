/** The network, the taught pictures and the head: everything that the page asks for, without the page. */

import { readProject, sha256, writeProject, type Card } from "../files/project";
import { BadFile, type Files } from "../files/zip";
import { packNpz } from "../files/npz";
import { ours, paper, type Method } from "../learning/choice";
import { nearest } from "../learning/alike";
import type { Maps } from "../learning/features";
import { folds as foldsOf } from "../learning/folds";
import { answers, openHead, type Head } from "../learning/heads";
import type { Epoch } from "../learning/perceptron";
import type { Task } from "../learning/ridge";
import { copiesOf } from "./altered";
import { openBase, type Base } from "./base";
import { Detector, type Seen } from "./detector";
import { Embedded } from "./embedded";
import { KEPT_SIDE, pixels, png } from "./pictures";
import { resize, resized, square, type Box, type Picture } from "./pixels";
import type { Answers, Config, Hold, Reading, Result, State } from "./protocol";
import { fetched, Network, start } from "./runtime";
import { Store, type KeptModel, type Sample } from "./store";

/** A training that cannot begin; the page says why in its own words. */
export class TooFew extends Error {
  constructor(readonly code: "few" | "one") {
    super(code);
  }
}

/** Side of the frame that takes the detector's place, in shorter sides of the picture. */
const FRAME = 0.62;
const ITSELF = { scale: 1, dx: 0, dy: 0 };
const SEED = 1;
/** Samples that a face is compared with, spread evenly; those told; ms that reading their pictures may take at once. */
const COMPARED = 300;
const ALIKE = 5;
const AT_ONCE = 120;

export class Engine {
  private head: Head;
  private removed: Sample[] = [];
  /** Of the face that was read last. */
  private face: Maps | null = null;
  private readonly embedded: Embedded;
  private kept: KeptModel | null = null;

  private constructor(
    readonly config: Config,
    private readonly store: Store,
    private readonly base: Base,
    private readonly detector: Detector | null,
    private samples: Sample[],
  ) {
    this.head = base.head;
    this.embedded = new Embedded(base);
  }

  static async open(): Promise<Engine> {
    const config = (await (await fetch("page.json")).json()) as Config;
    const { versions } = config;
    const wanted = Object.keys(config.model.sha256);
    const starting = start(versions); // the largest file first
    const [found, detector, store] = await Promise.all([
      Promise.all(wanted.map(async (name) => [name, await fetched(`model/${name}.gz`, versions)] as const)),
      config.detector && fetched("model/detector.tflite.gz", versions),
      Store.open(),
    ]);
    await starting;
    const own = await openBase(config.model, new Map(found));
    const eye = detector && new Detector(await Network.open(detector));
    const engine = new Engine(config, store, own, eye, await store.samples());
    const kept = await store.model();
    if (kept) await engine.use(kept);
    return engine;
  }

  get state(): State {
    const counts: Record<string, number> = {};
    for (const { label } of this.samples) counts[label] = (counts[label] ?? 0) + 1;
    const take = 1 + this.samples.reduce((most, one) => Math.max(most, one.take), 0);
    return { counts, labels: this.head.labels, taught: this.kept !== null, take };
  }

  async frame(bitmap: ImageBitmap, time: number, hold: Hold | null): Promise<Reading> {
    const began = performance.now();
    const picture = pixels(bitmap);
    const seen = this.detector ? await this.detector.find(picture, time) : { box: middle(picture), eyes: null };
    const { reading, maps } = await this.read(picture, seen, hold, began);
    this.face = maps;
    return reading;
  }

  async still(bitmap: ImageBitmap, hold: Hold | null): Promise<Reading> {
    const began = performance.now();
    const picture = pixels(bitmap);
    const seen = this.detector ? await this.detector.still(picture) : { box: middle(picture), eyes: null };
    return (await this.read(picture, seen, hold, began)).reading;
  }

  private async read(
    picture: Picture,
    seen: Seen | (Omit<Seen, "eyes"> & { eyes: null }) | null,
    hold: Hold | null,
    began: number,
  ): Promise<{ reading: Reading; maps: Maps | null }> {
    const box = seen?.box ?? null;
    if (!seen) return { reading: { box, probabilities: [], ms: performance.now() - began, kept: false }, maps: null };
    const face = square(picture, seen.box, this.config.detector?.framing ?? ITSELF, seen.eyes);
    const maps = await this.embedded.of([], [resize(face, this.embedded.spec)]);
    const [answer] = answers(this.head, maps);
    const ms = performance.now() - began;
    if (hold) await this.add(face, hold);
    return { reading: { box, probabilities: Array.from(answer!), ms, kept: hold !== null }, maps };
  }

  private async add(face: Picture, { label, subject, take }: Hold): Promise<void> {
    const small = face.width <= KEPT_SIDE ? face : resized(face, KEPT_SIDE, KEPT_SIDE, true);
    const sample = { label, subject, take, stamp: Date.now(), picture: await png(small) };
    this.samples.push(...(await this.store.add([sample])));
  }

  shown(label: string): Sample[] {
    return this.samples.filter((one) => one.label === label);
  }

  /** Some of the samples may not be read yet, as after the page was loaded: then those that are, and some more. */
  async alike(): Promise<Sample[] | null> {
    if (!this.face) return null;
    const step = Math.ceil(this.samples.length / COMPARED);
    const some = this.samples.filter((_, at) => at % step === 0 && this.head.labels.includes(this.samples[at]!.label));
    const until = performance.now() + AT_ONCE;
    const read: Sample[] = [];
    for (const one of some) {
      if (!this.embedded.has(one) && performance.now() > until) continue;
      await this.embedded.of([one]);
      read.push(one);
    }
    return nearest(this.head, this.face, await this.embedded.of(read), read, ALIKE).map((at) => read[at]!);
  }

  async remove(which: (sample: Sample) => boolean): Promise<void> {
    this.removed = this.samples.filter(which);
    await this.store.remove(this.removed.map(({ id }) => id));
    this.samples = this.samples.filter((one) => !which(one));
  }

  async restore(): Promise<void> {
    await this.store.restore(this.removed);
    this.samples = [...this.samples, ...this.removed].sort((a, b) => a.id - b.id);
    this.removed = [];
  }

  async train(method: Method, read: (share: number) => void, told: (epoch: Epoch) => void): Promise<Result> {
    const began = performance.now();
    const labels = this.order([...new Set(this.samples.map(({ label }) => label))]);
    if (!labels.length) throw new TooFew("few");
    if (labels.length < 2) throw new TooFew("one");
    const samples = [...this.samples];
    const crops = method === "ours" && copiesOf(samples.length) ? await this.embedded.copies(samples) : [];
    const maps = await this.embedded.of(samples, crops, read);
    const targets = samples.map(({ label }) => labels.indexOf(label));
    const found = foldsOf(samples.map((one, at) => ({ ...one, label: targets[at]! })));
    const repeat = Math.round(crops.length / samples.length);
    const again = <T>(values: T[], copy: (value: T) => T = (value) => value) =>
      values.concat(...Array.from({ length: repeat }, () => values.map(copy)));
    const task: Task = {
      labels,
      maps,
      targets: again(targets),
      folds: again(found.numbers),
      measured: again(found.measured, () => false),
      pictures: samples.length,
      general: this.base.head,
      usual: this.base.usual,
    };
    const outcome = method === "paper" ? paper(task, found, SEED, told) : ours(task);
    const head = packNpz(outcome.head.arrays);
    const { head: trained, ...rest } = outcome;
    const result = { ...rest, pictures: samples.length, seconds: (performance.now() - began) / 1000 };
    const facts = { taught_on: samples.length, method };
    await this.keep({ plugin: trained.plugin, labels: trained.labels, head, facts });
    return result;
  }

  /** The known labels in their order, then those that were added. */
  private order(labels: string[]): string[] {
    const known = this.config.labels.filter((label) => labels.includes(label));
    return [...known, ...labels.filter((label) => !known.includes(label)).sort()];
  }

  private async keep(model: KeptModel | null): Promise<void> {
    await this.store.keepModel(model);
    await this.use(model);
  }

  /** Answer with a model; null: the page's own. */
  private async use(model: KeptModel | null): Promise<void> {
    this.head = model ? await openHead(model.plugin, model.labels, model.head) : this.base.head;
    this.kept = model;
  }

  forget(): Promise<void> {
    return this.keep(null);
  }

  async answers(): Promise<Answers> {
    const maps = await this.embedded.of(this.samples);
    return {
      labels: this.head.labels,
      truth: this.samples.map(({ label }) => label),
      probabilities: answers(this.head, maps).map((row) => Array.from(row)),
    };
  }

  async save(): Promise<Blob> {
    const samples = await Promise.all(
      this.samples.map(async ({ label, subject, take, stamp, picture }) => ({
        ...{ label, subject, take, stamp },
        picture: new Uint8Array(await picture.arrayBuffer()),
        type: picture.type as "image/png",
      })),
    );
    const labels = this.order([...new Set([...this.config.labels, ...samples.map(({ label }) => label)])]);
    const model = this.kept && (await this.bundle(this.kept));
    return new Blob([writeProject({ labels, samples, model }, this.config.software) as BlobPart], {
      type: "application/zip",
    });
  }

  /** The model as the robot keeps it. */
  private async bundle(kept: KeptModel): Promise<{ card: Card; files: Files }> {
    const files: Files = new Map(this.base.files);
    const { file: head } = this.base.card.head;
    files.set(head, kept.head);
    const sums: Record<string, string> = {};
    for (const [name, content] of files) sums[name] = await sha256(content);
    const card: Card = {
      ...{ schema: 1, name: "taught", labels: kept.labels, input: this.base.card.input },
      backbone: this.base.card.backbone,
      head: { plugin: kept.plugin, file: head },
      data: { ...kept.facts, backbone_of: this.base.card.name },
      quality: {},
      recipe: {},
      versions: {},
      sha256: sums,
    };
    return { card, files };
  }

  /** Add what a project holds; false where its model has another backbone, so that it must be taught anew here. */
  async load(file: Blob): Promise<boolean> {
    const project = await readProject(new Uint8Array(await file.arrayBuffer()));
    const first = this.state.take;
    const numbers = new Map<number, number>([[0, 0]]);
    const numbered = (take: number) => numbers.get(take) ?? numbers.set(take, first + numbers.size - 1).get(take)!;
    const samples = project.samples.map(({ picture, type, take, ...one }) => ({
      ...one,
      take: numbered(take),
      picture: new Blob([picture as BlobPart], { type }),
    }));
    // A picture that cannot be decoded refuses the file before anything is kept.
    for (const { picture } of samples) (await createImageBitmap(picture).catch(() => bad())).close();
    const taken = !project.model || (await this.take(project.model.card, project.model.files));
    this.samples.push(...(await this.store.add(samples)));
    return taken;
  }

  private async take(card: Card, files: Files): Promise<boolean> {
    for (const [name, content] of files)
      if (name in card.sha256 && (await sha256(content)) !== card.sha256[name]) bad();
    const { model } = this.config;
    if (card.sha256[card.backbone.file] !== model.sha256[model.backbone.file]) return false;
    const head = files.get(card.head.file)!;
    await openHead(card.head.plugin, card.labels, head);
    await this.keep({ plugin: card.head.plugin, labels: card.labels, head, facts: {} });
    return true;
  }
}

const bad = (): never => {
  throw new BadFile("a picture or network in it is damaged");
};

/** The square in the middle into which the face is held where there is no detector. */
function middle({ width, height }: Picture): Box {
  const side = Math.round(FRAME * Math.min(width, height));
  return { x: (width - side) >> 1, y: (height - side) >> 1, width: side, height: side };
}
