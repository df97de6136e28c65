/** The labels and pictures that a page keeps. Each page fills this in once, so that the parts that show them are shared. */

import { signal } from "@preact/signals";
import { labelName, text } from "./i18n";
import { tell, tellUndo } from "./toasts";

export interface Sample {
  take: number;
  /** Its own within the take, as digits. */
  id: string;
}

export interface Listing {
  label: string;
  total: number;
  samples: Sample[];
}

/** So many pictures were moved, and the way back. */
export interface Done {
  samples: number;
  back: () => Promise<void>;
}

/** What reads signals says so by being followed: parts change with them. */
export interface Shelf {
  /** Of whom the labels are kept. */
  owner: () => string;
  /** The labels that are always there. */
  usual: () => readonly string[];
  /** Those that pictures have. */
  counted: () => readonly string[];
  count: (label: string) => number;
  /** What may be asked for; else buttons rest. */
  open: () => boolean;
  /** Changes with the pictures, but not with each one while a button is held. */
  settled: () => unknown;
  /** The label that a name stands for; "": a new one. It throws where the name can be no label. */
  means: (name: string) => Promise<string>;
  /** What was wrong, for people. */
  reason: (error: unknown) => string;
  complain: (error: unknown) => void;
  list: (label: string) => Promise<Listing>;
  /** Fetch the picture of a sample that came into view. */
  want: (sample: Sample) => void;
  /** Give some of `all` pictures of a label another one, or delete them where it is "". null: that failed, and was said. */
  put: (some: Sample[], all: Sample[], label: string) => Promise<Done | null>;
  /** Make samples of files and say what became of them, with a way back; `adding` tells how far it is. */
  add: (label: string, files: File[]) => Promise<void>;
}

export let shelf: Shelf;

export function fill(own: Shelf): void {
  shelf = own;
}

export const keyOf = ({ take, id }: Sample): string => `${take}-${id}`;

/** Key of a sample → what a network sees of it, an address; "" where there is none. */
export const pictures = signal<ReadonlyMap<string, string>>(new Map());
/** Something is being moved: buttons rest meanwhile. */
export const moving = signal(false);

/** So many pictures of files were added so far; null: none are being added. */
export const adding = signal<number | null>(null);
/** Files that are dropped meanwhile wait their turn. */
let queue: Promise<void> = Promise.resolve();

/** Make samples of files, once those before them are added. */
export function addFiles(label: string, files: File[]): void {
  if (files.length === 0) return;
  adding.value ??= 0;
  const mine = queue.then(() => shelf.add(label, files));
  queue = mine;
  void mine.then(() => {
    if (queue === mine) adding.value = null;
  });
}

/** What became of files that were to be added. */
export interface Outcome {
  samples: number;
  withoutFace: number;
  unreadable: number;
}

/** @param whole false: the last of them were not sent. */
export function outcomeWords(label: string, { samples, withoutFace, unreadable }: Outcome, whole = true): string {
  const words = text.peek().samples;
  return [
    words.added(samples, labelName(label)),
    ...(whole ? [] : [words.rest]),
    ...(withoutFace ? [words.withoutFace(withoutFace)] : []),
    ...(unreadable ? [words.unreadable(unreadable)] : []),
  ].join(" ");
}

/** Move or delete pictures, with words and a way back. `also` is undone with it. */
export async function put(
  some: Sample[],
  all: Sample[],
  label: string,
  words: (n: number) => string,
  also: () => void = () => {},
): Promise<void> {
  const done = some.length > 0 ? await busy(() => shelf.put(some, all, label)) : NONE;
  if (!done) return also();
  tellUndo(words(done.samples), () => {
    also();
    return busy(done.back).then((found) => found !== null && tell(text.peek().samples.back));
  });
}

const NONE: Done = { samples: 0, back: () => Promise.resolve() };

async function busy<T>(work: () => Promise<T>): Promise<T | null> {
  moving.value = true;
  try {
    return await work();
  } catch (error) {
    shelf.complain(error);
    return null;
  } finally {
    moving.value = false;
  }
}
