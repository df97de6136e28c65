/** A button to hold for each label, with the number of its pictures; and the pictures themselves. */

import { computed, effect } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { text } from "../../i18n";
import { holdByKeys } from "../../keys";
import { isOff, recordable } from "../../labels";
import { HoldButton } from "../../parts/hold_button";
import { Icons } from "../../parts/icons";
import { NameDialog, askName, naming } from "../../parts/labels";
import { Preview, catchDrops, tried } from "../../parts/preview";
import { Samples, addShown, shown } from "../../parts/samples";
import { beginTake, camera } from "./camera";
import { answered } from "./files";
import { arriving, complain, config, emoticons, held, read, state } from "./state";
import { words } from "./words";

/** A held button would record; else it must not look so. */
const ready = computed(() => config.value !== null && read.value === null && camera.value === "on");

function press(label: string): void {
  if (!ready.peek() || held.peek() === label) return;
  beginTake();
  arriving.value = null;
  held.value = label;
}

function letGo(label: string): void {
  if (held.peek() === label) held.value = null;
}

const leave = () => (held.value = null);

/** Nobody holds a button of a page that they do not see, or one that rests. */
function holding(): () => void {
  const ends = [
    holdByKeys(() => recordable.peek(), press, letGo),
    effect(() => {
      if (!ready.value) leave();
    }),
  ];
  window.addEventListener("blur", leave);
  return () => {
    for (const end of ends) end();
    window.removeEventListener("blur", leave);
  };
}

/** Pictures of a label that are plenty. */
const ENOUGH = 100;

function Hold({ label, index }: { label: string; index: number }) {
  const texts = words.value;
  const count = state.value.counts[label] ?? 0;
  const on = held.value === label;
  const starting = on && arriving.value !== label;
  return (
    <HoldButton
      {...{ label, index, count, on, starting, press, letGo }}
      sign={emoticons(label)[0]}
      enough={ENOUGH}
      off={isOff(label)}
      disabled={!ready.value}
      said={`${texts.samples(count)}${index < 9 ? `, ${texts.key(index + 1)}` : ""}`}
      toggle={on ? letGo : press}
      onFiles={(files) => addShown(label, files)}
    >
      {starting && <small> {text.value.record.starting}</small>}
    </HoldButton>
  );
}

function Hint() {
  const texts = words.value;
  if (read.value !== null) return <>{texts.restTraining}</>;
  if (camera.value !== "on" && camera.value !== "starting") return <>{texts.restNoCamera}</>;
  return (
    <>
      {texts.teachHint} <span class="keyboard">{texts.keysHint}</span>
    </>
  );
}

export function Teach() {
  const texts = words.value;
  useEffect(holding, []);
  useEffect(catchDrops, []);
  return (
    <>
      <section class="card holding" aria-label={texts.teach}>
        <header>
          <h2>{texts.teach}</h2>
          <p class="hint" data-testid="teach-hint">
            <Hint />
          </p>
        </header>
        <div class="buttons">
          {recordable.value.map((label, index) => (
            <Hold key={label} label={label} index={index} />
          ))}
          <button type="button" class="hold add" onClick={() => askName("")} data-testid="add-label">
            <Icons.plus />
            <span class="name">{text.value.record.add}</span>
          </button>
        </div>
      </section>
      <Samples />
      {tried.value && (
        <Preview
          files={tried.value}
          answer={answered}
          sign={(label) => emoticons(label)[0]}
          labels={recordable.value}
          onAdd={addShown}
          onFail={complain}
        />
      )}
      {naming.value !== null && <NameDialog onNamed={(label) => shown.peek() !== null && (shown.value = label)} />}
    </>
  );
}
