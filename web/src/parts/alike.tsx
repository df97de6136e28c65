/** Why: the taught pictures that are most like the face that is read now. Asks once a second, and only while open. */

import { useEffect, useState } from "preact/hooks";
import { colour } from "../colours";
import { text } from "../i18n";
import { Name } from "./controls";

export interface AlikeSample {
  key: string;
  label: string;
  /** What its picture is fetched by; "" where there is none to be shown. */
  picture: string;
}

interface AlikeProps {
  /** Null: there is no face, so what was found last stays. A text says why nothing is found. */
  ask: () => Promise<AlikeSample[] | string | null>;
  /** Another one makes what was found old. */
  model: string;
}

const PERIOD = 1000;

export function Alike({ ask, model }: AlikeProps) {
  const words = text.value.alike;
  const [open, setOpen] = useState(false);
  const [found, setFound] = useState<AlikeSample[]>([]);
  const [refused, setRefused] = useState("");
  useEffect(() => {
    if (!open) return;
    let timer = 0;
    let over = false;
    const look = async () => {
      const next = document.hidden ? null : await ask();
      if (over) return;
      if (next !== null) {
        setFound(typeof next === "string" ? [] : next);
        setRefused(typeof next === "string" ? next : "");
      }
      timer = window.setTimeout(() => void look(), PERIOD);
    };
    void look();
    return () => {
      over = true;
      window.clearTimeout(timer);
      setFound([]);
    };
  }, [open, model, ask]);
  return (
    <details class="alike" onToggle={(event) => setOpen(event.currentTarget.open)} data-testid="alike">
      <summary>{words.title}</summary>
      <ol>
        {found.map(({ key, label, picture }) => (
          <li key={key} style={{ "--label": colour(label) }} data-label={label} data-testid="alike-sample">
            {picture ? <img src={picture} alt="" width="96" height="96" /> : <span class="theirs" title={words.theirs} />}
            <Name label={label} />
            {!picture && <span class="hidden">, {words.theirs}</span>}
          </li>
        ))}
      </ol>
      {found.some(({ picture }) => !picture) && <p class="note">{words.note}</p>}
      {found.length === 0 && <p class="hint">{refused || words.looking}</p>}
    </details>
  );
}
