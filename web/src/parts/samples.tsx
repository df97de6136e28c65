/** Every picture of a label, as a network sees it: chosen one by one, deleted, moved, and added from files. */

import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { colour } from "../colours";
import { labelName, text } from "../i18n";
import { isOff, recordable } from "../labels";
import { addFiles, adding, keyOf, moving, pictures, put, shelf, type Listing, type Sample } from "../shelf";
import { Button } from "./controls";
import { LabelTools } from "./labels";
import { Adding, FilesButton, tried } from "./preview";

/** The label whose pictures are shown. */
export const shown = signal<string | null>(null);
const listing = signal<Listing | null>(null);
const chosen = signal<ReadonlySet<string>>(new Set());
/** The picture that keys act on, and where a selection by Shift begins. */
const active = signal(0);
let anchor = 0;

/** Add files to a label, and show its pictures. */
export function addShown(label: string, files: File[]): void {
  shown.value = label;
  addFiles(label, files);
}

const samples = (): Sample[] => listing.value?.samples ?? [];

async function refresh(label: string): Promise<void> {
  try {
    const found = await shelf.list(label);
    if (shown.peek() !== label) return;
    listing.value = found;
    const there = new Set(found.samples.map(keyOf));
    chosen.value = new Set([...chosen.peek()].filter((key) => there.has(key)));
    active.value = Math.max(0, Math.min(active.peek(), found.samples.length - 1));
  } catch (error) {
    if (shelf.open()) shelf.complain(error);
  }
}

function choose(at: number, how: "toggle" | "range"): void {
  const all = samples();
  const key = all[at] && keyOf(all[at]);
  if (!key) return;
  active.value = at;
  const next = new Set(chosen.peek());
  if (how === "range") {
    const [from, to] = at < anchor ? [at, anchor] : [anchor, at];
    all.slice(from, to + 1).forEach((one) => next.add(keyOf(one)));
  } else {
    anchor = at;
    if (!next.delete(key)) next.add(key);
  }
  chosen.value = next;
}

const chooseAll = () => (chosen.value = new Set(samples().map(keyOf)));
const chooseNone = () => (chosen.value = new Set());

/** Delete what is chosen, or give it another label. */
function putChosen(label: string): void {
  const all = samples();
  const picked = all.filter((one) => chosen.peek().has(keyOf(one)));
  if (picked.length === 0 || moving.peek()) return;
  const words = text.peek().samples;
  chooseNone();
  void put(picked, all, label, (n) => (label ? words.moved(n, labelName(label)) : words.deleted(n)));
}

function onKey(event: KeyboardEvent, grid: HTMLElement): void {
  const all = samples();
  const tiles = [...grid.children] as HTMLElement[];
  const columns = Math.max(1, tiles.filter((tile) => tile.offsetTop === tiles[0]?.offsetTop).length);
  const steps: Record<string, number> = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns };
  const to =
    event.key === "Home" ? 0 : event.key === "End" ? all.length - 1 : active.peek() + (steps[event.key] ?? NaN);
  if (!Number.isNaN(to)) {
    const next = Math.max(0, Math.min(all.length - 1, to));
    if (event.shiftKey) choose(next, "range");
    else [active.value, anchor] = [next, next];
    tiles[next]?.scrollIntoView({ block: "nearest" });
  } else if (event.key === " ") choose(active.peek(), "toggle");
  else if (event.key === "a" && (event.ctrlKey || event.metaKey)) chooseAll();
  else if (event.key === "Escape") chooseNone();
  else if (event.key === "Delete" || event.key === "Backspace") {
    if (chosen.peek().size === 0) choose(active.peek(), "toggle");
    putChosen("");
  } else return;
  event.preventDefault();
}

function Grid() {
  const words = text.value.samples;
  const grid = useRef<HTMLDivElement>(null);
  const seen = useRef<IntersectionObserver | null>(null);
  const all = samples();
  useEffect(() => {
    const watcher = new IntersectionObserver(
      (entries) => {
        for (const entry of entries) {
          const sample = samples()[Number((entry.target as HTMLElement).dataset["at"])];
          if (entry.isIntersecting && sample) shelf.want(sample);
        }
      },
      { root: grid.current, rootMargin: "150px" },
    );
    seen.current = watcher;
    return () => watcher.disconnect();
  }, []);
  useEffect(() => {
    seen.current?.disconnect();
    for (const tile of grid.current?.children ?? []) seen.current?.observe(tile);
  }, [all]);
  return (
    <div
      ref={grid}
      class="grid"
      role="listbox"
      aria-multiselectable="true"
      aria-label={words.grid(labelName(listing.value!.label))}
      aria-activedescendant={all.length ? `sample-${active.value}` : undefined}
      tabIndex={0}
      onKeyDown={(event) => onKey(event, event.currentTarget)}
      data-testid="grid"
    >
      {all.map((sample, at) => {
        const key = keyOf(sample);
        const picture = pictures.value.get(key);
        const on = chosen.value.has(key);
        return (
          <div
            key={key}
            id={`sample-${at}`}
            class={`sample ${on ? "on" : ""} ${at === active.value ? "active" : ""}`}
            role="option"
            aria-selected={on}
            aria-label={words.picture(at + 1, sample.take)}
            data-at={at}
            data-testid="sample"
            onClick={(event) => choose(at, event.shiftKey ? "range" : "toggle")}
          >
            {picture && <img src={picture} alt="" width="96" height="96" draggable={false} />}
          </div>
        );
      })}
    </div>
  );
}

function Toolbar({ label }: { label: string }) {
  const words = text.value.samples;
  const count = chosen.value.size;
  const resting = moving.value || !shelf.open();
  const done = adding.value;
  return (
    <div class="toolbar">
      <FilesButton
        disabled={resting || done !== null}
        onFiles={(files) => addFiles(label, files)}
        testId="add-files"
      >
        {done === null ? words.addFiles : words.adding(done)}
      </FilesButton>
      {samples().length > 0 && (
        <Button kind="quiet" onClick={count === samples().length ? chooseNone : chooseAll} testId="choose-all">
          {count === samples().length ? words.none : words.all}
        </Button>
      )}
      {count > 0 && (
        <>
          <span class="hint" role="status">
            {words.chosen(count)}
          </span>
          <Button icon="bin" kind="danger" disabled={resting} onClick={() => putChosen("")} testId="delete-samples">
            {words.delete}
          </Button>
          <label class="move">
            <span>{words.moveTo}</span>
            <select
              value=""
              disabled={resting}
              onChange={(event) => {
                putChosen(event.currentTarget.value);
                event.currentTarget.value = "";
              }}
              data-testid="move-samples"
            >
              <option value="" disabled>
                {words.choose}
              </option>
              {recordable.value
                .filter((one) => one !== label)
                .map((one) => (
                  <option key={one} value={one}>
                    {labelName(one)}
                  </option>
                ))}
            </select>
          </label>
        </>
      )}
    </div>
  );
}

export function Samples() {
  const words = text.value.samples;
  const names = recordable.value;
  const label = shown.value !== null && names.includes(shown.value) ? shown.value : null;
  const told = shelf.settled();
  const open = shelf.open();
  useEffect(() => {
    if (label !== null && open) void refresh(label);
  }, [label, told, open]);
  const show = (one: string | null) => {
    chooseNone();
    [active.value, anchor, listing.value] = [0, 0, null];
    shown.value = one;
  };
  return (
    <section class="card samples" aria-label={words.title}>
      <header>
        <h2>{words.title}</h2>
        <p class="hint">{words.hint}</p>
        <FilesButton icon="watch" disabled={!open} onFiles={(files) => (tried.value = files)} testId="try-files">
          {text.value.tried.choose}
        </FilesButton>
        <Adding done={adding.value} />
      </header>
      <div class="chips" role="group" aria-label={words.whose}>
        {names.map((one) => (
          <button
            key={one}
            type="button"
            class={`chip ${isOff(one) ? "off" : ""}`}
            style={{ "--label": colour(one) }}
            aria-pressed={one === label}
            title={isOff(one) ? `${labelName(one)}: ${words.isOff}` : labelName(one)}
            onClick={() => show(one === label ? null : one)}
            data-testid={`show-${one}`}
          >
            <span class="name">{labelName(one)}</span> <b>{shelf.count(one)}</b>
          </button>
        ))}
      </div>
      {label !== null && (
        <div class="shown" style={{ "--label": colour(label) }}>
          <LabelTools label={label} />
          <Toolbar label={label} />
          {listing.value?.label === label && <Grid />}
          {listing.value?.label === label && listing.value.total === 0 && <p class="hint">{words.empty}</p>}
          {(listing.value?.total ?? 0) > samples().length && <p class="hint">{words.newest(samples().length)}</p>}
        </div>
      )}
    </section>
  );
}
