/** Files as the model sees them, before they become samples: chosen, or dropped anywhere but on a label. */

import { signal } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";
import { colour } from "../colours";
import { labelName, percent, text } from "../i18n";
import { shots, type Shot } from "../shots";
import { Button } from "./controls";
import { Dialog } from "./dialog";
import { hasFiles } from "./hold_button";
import type { Icons } from "./icons";

export interface Answer {
  /** "": there is no face. */
  label: string;
  confidence: number;
}

/** The files that are looked at; null: none. */
export const tried = signal<File[] | null>(null);

/** Pictures of a film that are read. */
const OF_A_FILM = 8;
/** Pixels of the side of a picture as it is shown. */
const SIDE = 192;

/** A file that misses its label must not make the browser leave the page: it is looked at. */
export function catchDrops(): () => void {
  const drag = (event: DragEvent) => hasFiles(event) && event.preventDefault();
  const drop = (event: DragEvent) => {
    if (!hasFiles(event) || event.defaultPrevented) return;
    event.preventDefault();
    tried.value = [...(event.dataTransfer?.files ?? [])];
  };
  window.addEventListener("dragover", drag);
  window.addEventListener("drop", drop);
  return () => {
    window.removeEventListener("dragover", drag);
    window.removeEventListener("drop", drop);
  };
}

interface FilesButtonProps {
  onFiles: (files: File[]) => void;
  children: string;
  icon?: keyof typeof Icons;
  disabled: boolean;
  testId: string;
}

/** Chooses pictures and films; the input is named like the button. */
export function FilesButton({ onFiles, children, icon = "image", disabled, testId }: FilesButtonProps) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <input
        ref={input}
        type="file"
        accept="image/*,video/*,.heic,.heif"
        multiple
        hidden
        aria-label={children}
        data-testid={`${testId}-input`}
        onChange={(event) => {
          const files = [...(event.currentTarget.files ?? [])];
          event.currentTarget.value = "";
          if (files.length > 0) onFiles(files);
        }}
      />
      <Button icon={icon} disabled={disabled} onClick={() => input.current?.click()} testId={testId}>
        {children}
      </Button>
    </>
  );
}

/** How many pictures of files were added so far; null: nothing is being added. */
export function Adding({ done }: { done: number | null }) {
  return (
    <p class="hint adding" role="status" data-testid="adding">
      {done !== null && text.value.samples.adding(done)}
    </p>
  );
}

interface Tile {
  file: File;
  picture: string;
  /** Undefined while it is read; null where it cannot be. */
  answer: Answer | null | undefined;
}

/** The middle of a picture, as an address. */
function small({ picture }: Shot): string {
  if (!picture) return "";
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = SIDE;
  const { width, height } = picture;
  const side = Math.min(width, height);
  const brush = canvas.getContext("2d", { alpha: false })!;
  brush.drawImage(picture, (width - side) / 2, (height - side) / 2, side, side, 0, 0, SIDE, SIDE);
  return canvas.toDataURL("image/jpeg", 0.8);
}

/** Why a file has no answer. */
function unreadable({ name, size, type }: File): string {
  const words = text.peek().tried;
  if (size === 0) return words.empty;
  if (/\.hei[cf]$/i.test(name)) return words.heic;
  return /^(image|video)\//.test(type) ? words.unreadable : words.noPicture;
}

function Said({ file, answer, sign }: Pick<Tile, "file" | "answer"> & Pick<PreviewProps, "sign">) {
  const words = text.value.tried;
  if (answer === undefined) return <>…</>;
  if (answer === null)
    return (
      <>
        <b class="file" dir="auto">
          {file.name}
        </b>{" "}
        {unreadable(file)}
      </>
    );
  if (!answer.label) return <>{words.noFace}</>;
  return (
    <>
      <span class="emoji" aria-hidden="true">
        {sign(answer.label)}
      </span>{" "}
      {labelName(answer.label)} {answer.label !== "uncertain" && <b>{percent(answer.confidence)}</b>}
    </>
  );
}

interface PreviewProps {
  files: File[];
  answer: (shot: Shot) => Promise<Answer | null>;
  sign: (label: string) => string | undefined;
  labels: readonly string[];
  onAdd: (label: string, files: File[]) => void;
  onFail: (error: unknown) => void;
}

export function Preview({ files, answer, sign, labels, onAdd, onFail }: PreviewProps) {
  const words = text.value.tried;
  const [tiles, setTiles] = useState<Tile[]>([]);
  const [label, setLabel] = useState("");
  const close = () => (tried.value = null);
  useEffect(() => {
    let over = false;
    const look = async () => {
      const all: Tile[] = [];
      for await (const shot of shots(files, OF_A_FILM)) {
        if (over) return;
        const tile: Tile = { file: shot.file, picture: small(shot), answer: undefined };
        all.push(tile);
        setTiles([...all]);
        tile.answer = await answer(shot);
        if (over) return;
        setTiles([...all]);
      }
    };
    look().catch((error: unknown) => {
      if (over) return;
      close();
      onFail(error);
    });
    return () => (over = true);
  }, [files, answer, onFail]);
  return (
    <Dialog
      title={words.title}
      onClose={close}
      onSubmit={() => {
        if (!label) return;
        close();
        onAdd(label, files);
      }}
      actions={
        <>
          <select value={label} onChange={(event) => setLabel(event.currentTarget.value)} aria-label={words.as} data-testid="tried-label">
            <option value="" disabled>
              {words.as}
            </option>
            {labels.map((one) => (
              <option key={one} value={one}>
                {labelName(one)}
              </option>
            ))}
          </select>
          <Button kind="primary" type="submit" disabled={!label} testId="tried-add">
            {words.add}
          </Button>
        </>
      }
    >
      <ul class="tried" aria-live="polite" aria-busy={tiles.some((tile) => tile.answer === undefined)}>
        {tiles.map((tile, at) => (
          <li
            key={at}
            style={{ "--label": tile.answer?.label ? colour(tile.answer.label) : "var(--line)" }}
            data-label={tile.answer?.label}
            title={tile.file.name}
            data-testid="tried"
          >
            {tile.picture ? <img src={tile.picture} alt={tile.file.name} width="96" height="96" /> : <span class="theirs" />}
            <span>
              <Said file={tile.file} answer={tile.answer} sign={sign} />
            </span>
          </li>
        ))}
      </ul>
    </Dialog>
  );
}
