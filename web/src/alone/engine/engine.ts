/** The network, the taught pictures and the head: everything that the page asks for, without the page. */

import { packNpz } from "../files/npz";
import { ours, paper } from "../learning/choice";
import { nearest } from "../learning/alike";
import type { Maps } from "../learning/features";
import { folds as foldsOf } from "../learning/folds";
import { answers, openHead, type Head } from "../learning/heads";
import type { Epoch } from "../learning/perceptron";
import type { Task } from "../learning/ridge";
import { Refused } from "../refused";
import { copiesOf } from "./altered";
import { openBase, type Base } from "./base";
import { Detector, type Seen } from "./detector";
import { backboneOf, bundle, headOf, opened, written, zipped } from "./exchange";
import { Embedded } from "./embedded";
import { KEPT_SIDE, pixels, png } from "./pictures";
import { resize, resized, square, type Box, type Picture } from "./pixels";
import type { Answers, Config, Hold, Loaded, Opened, Reading, Requests, Result, State } from "./protocol";
import { fetched, Network, start } from "./runtime";
import { openStore, type Change, type KeptModel, type Sample } from "./store";
import { Taught } from "./taught";

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
  /** Of the face that was read last. */
  private face: Maps | null = null;
  private readonly embedded: Embedded;
  /** Whose head it is. */
  private used: KeptModel | null = null;
  private dropped = false;

  private constructor(
    readonly config: Config,
    private readonly taught: Taught,
    private readonly base: Base,
    private readonly detector: Detector | null,
  ) {
    this.head = base.head;
    this.embedded = new Embedded(base);
  }

  static async open(): Promise<Engine> {
    const config = (await (await fetch("page.json", { cache: "reload" })).json()) as Config;
    const { versions } = config;
    const wanted = Object.keys(config.model.sha256);
    const starting = start(versions); // the largest file first
    const [found, detector, store] = await Promise.all([
      Promise.all(wanted.map(async (name) => [name, await fetched(`model/${name}.gz`, versions)] as const)),
      config.detector && fetched("model/detector.tflite.gz", versions),
      openStore(),
    ]);
    await starting;
    const own = await openBase(config.model, new Map(found));
    const eye = detector && new Detector(await Network.open(detector));
    const engine = new Engine(config, await Taught.open(store), own, eye);
    await engine.dropForeign();
    await engine.use();
    return engine;
  }

  get opened(): Opened {
    return { lasting: this.taught.lasting, dropped: this.dropped };
  }

  /** Drop a head that was trained on another network: its answers would be wrong. */
  private async dropForeign(): Promise<void> {
    const { model } = this.taught;
    this.dropped = model !== null && model.backbone !== backboneOf(this.config.model);
    if (this.dropped) await this.taught.apply({ model: null });
  }

  watch(told: () => void): void {
    this.taught.watch(told);
  }

  /** Take over what another tab has changed; false: nothing. */
  async refresh(): Promise<boolean> {
    const changed = await this.taught.refresh();
    await this.use();
    return changed;
  }

  private get samples(): Sample[] {
    return this.taught.samples;
  }

  get state(): State {
    const counts: Record<string, number> = {};
    for (const { label } of this.samples) counts[label] = (counts[label] ?? 0) + 1;
    const take = 1 + this.samples.reduce((most, one) => Math.max(most, one.take), 0);
    return { counts, labels: this.head.labels, taught: this.used !== null, take, result: this.used?.result ?? null };
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
    await this.taught.apply({ add: [sample] });
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

  /** Change what is kept; returns the number under which it can be undone. */
  private async change(what: Change): Promise<number> {
    const undo = await this.taught.change(what);
    await this.use();
    return undo;
  }

  remove(which: (sample: Sample) => boolean): Promise<number> {
    return this.change({ remove: this.samples.filter(which).map(({ id }) => id) });
  }

  removeAll(): Promise<number> {
    return this.change({ remove: this.samples.map(({ id }) => id), model: null });
  }

  move(ids: number[], label: string): Promise<number> {
    const chosen = this.samples.filter((one) => ids.includes(one.id));
    return this.change({ put: chosen.map((one) => ({ ...one, label })) });
  }

  async undo(number: number): Promise<void> {
    await this.taught.undo(number);
    await this.use();
  }

  async train(
    { method, without, settings }: Requests["train"]["ask"],
    read: (share: number) => Promise<void>,
    told: (epoch: Epoch) => Promise<void>,
  ): Promise<{ result: Result; undo: number }> {
    const began = performance.now();
    const samples = this.samples.filter(({ label }) => !without.includes(label));
    const labels = this.order([...new Set(samples.map(({ label }) => label))]);
    if (!labels.length) throw new Refused("few");
    if (labels.length < 2) throw new Refused("one");
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
    const outcome = method === "paper" ? await paper(task, found, settings, SEED, told) : ours(task);
    const head = packNpz(outcome.head.arrays);
    const { head: trained, ...rest } = outcome;
    const result = { ...rest, pictures: samples.length, seconds: (performance.now() - began) / 1000 };
    const facts = { taught_on: samples.length, method };
    await this.taught.refresh();
    const here = new Set(this.samples.map(({ id }) => id));
    if (!samples.every(({ id }) => here.has(id))) throw new Refused("gone");
    const backbone = backboneOf(this.config.model);
    const own = { plugin: trained.plugin, labels: trained.labels, head, facts, backbone, result };
    return { result, undo: await this.change({ model: result.kept ? null : own }) };
  }

  /** The known labels in their order, then those that were added. */
  private order(labels: string[]): string[] {
    const known = this.config.labels.filter((label) => labels.includes(label));
    return [...known, ...labels.filter((label) => !known.includes(label)).sort()];
  }

  /** Answer with the model that is kept, or with the page's own. */
  private async use(): Promise<void> {
    const { model } = this.taught;
    if (model === this.used) return;
    this.head = model ? await openHead(model.plugin, model.labels, model.head, this.base.sizes) : this.base.head;
    this.used = model;
  }

  forget(): Promise<number> {
    return this.change({ model: null });
  }

  async answers(): Promise<Answers> {
    const maps = await this.embedded.of(this.samples);
    return {
      labels: this.head.labels,
      truth: this.samples.map(({ label }) => label),
      probabilities: answers(this.head, maps).map((row) => Array.from(row)),
    };
  }

  /** @param first the labels in their order; others follow. */
  async save(first: string[]): Promise<Blob> {
    const labels = [...new Set([...first, ...this.order([...this.config.labels, ...Object.keys(this.state.counts)])])];
    const model = this.used && (await bundle(this.used, this.base));
    return written(this.samples, labels, model, this.config.software);
  }

  async export(): Promise<Blob> {
    if (!this.used) throw new Refused("none");
    return zipped(await bundle(this.used, this.base));
  }

  /** Add what a project holds, all of it or nothing. */
  async load(file: Blob): Promise<Loaded & { undo: number }> {
    const { add, already, labels, model } = await opened(file, this.samples, this.state.take);
    const fits = model !== null && backboneOf(model.card) === backboneOf(this.config.model);
    const undo = await this.change({ add, model: fits ? await headOf(model, this.base) : undefined });
    return { undo, complete: model === null || fits, added: add.length, already, labels };
  }
}

/** The square in the middle into which the face is held where there is no detector. */
function middle({ width, height }: Picture): Box {
  const side = Math.round(FRAME * Math.min(width, height));
  return { x: (width - side) >> 1, y: (height - side) >> 1, width: side, height: side };
}
