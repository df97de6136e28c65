/** One button; then what happens, and how good the new model is beside the old one. */

import { effect, signal } from "@preact/signals";
import { colour } from "../colours";
import { link, request } from "../connection";
import { figure, labelName, text } from "../i18n";
import { why } from "../i18n/reasons";
import { kept } from "../identity";
import { isOff, mine } from "../labels";
import { Advanced, asked } from "../parts/advanced";
import { Button, Choice, LAUNCH, Notice } from "../parts/controls";
import { Curve } from "../parts/curve";
import { Result } from "../parts/result";
import { Stage } from "../parts/stage";
import { PHASES, type TrainProgress } from "../protocol";
import { tab } from "../route";
import { NO_CURVE, curve, forgetFailure, lost, nodes, result, takes, train, training, welcome } from "../state";
import { complain } from "../toast";
import { Now } from "./watch";

const scope = kept("scope", ["mine", "all"]);
/** From the tap until the first sign of the training. */
const asking = signal(false);
effect(() => {
  if (training.value || result.value) asking.value = false;
});

async function start(): Promise<void> {
  const before = [result.peek(), curve.peek()] as const;
  result.value = null;
  curve.value = NO_CURVE;
  asking.value = true;
  lost.value = false;
  try {
    await request("train.start", {
      scope: scope.value.value,
      ...(mine.peek().off.length ? { without: mine.peek().off } : {}),
      ...asked(),
    });
  } catch (error) {
    asking.value = false;
    [result.value, curve.value] = before;
    complain(error);
  }
}

function Progress({ now }: { now: TrainProgress }) {
  const words = text.value.train;
  const at = PHASES.indexOf(now.phase as (typeof PHASES)[number]);
  const details = [
    now.phase === "training" && now.epochs > 0 ? words.epoch(now.epoch, now.epochs) : "",
    now.remaining !== null ? words.remaining(figure(now.remaining)) : "",
  ].filter(Boolean);
  return (
    <div class="running" data-testid="progress" data-phase={now.phase}>
      <p class="phase" aria-live="polite">
        {words.phases[now.phase]}
      </p>
      <p class="hint">{details.join(" · ") || " "}</p>
      <div
        class="meter"
        role="progressbar"
        aria-label={words.phases[now.phase]}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(now.progress * 100)}
      >
        <span style={{ width: `${(now.progress * 100).toFixed(1)}%` }} />
      </div>
      <ol class="phases" aria-hidden="true">
        {PHASES.map((phase, index) => (
          <li key={phase} class={index < at ? "past" : index === at ? "present" : ""}>
            {words.phases[phase]}
          </li>
        ))}
      </ol>
    </div>
  );
}

function Curves() {
  const words = text.value.train;
  const { loss, val_loss, accuracy, val_accuracy } = curve.value;
  if (loss.length === 0) return training.value && train.value?.epochs ? <p class="card hint">{words.waiting}</p> : null;
  const pair = (onTraining: number[], onValidation: number[]) => [
    { name: words.onTraining, values: onTraining, kind: "second" as const },
    ...(onValidation.some((value) => !Number.isNaN(value))
      ? [{ name: words.onValidation, values: onValidation, kind: "main" as const }]
      : []),
  ];
  const epochs = training.value ? (train.value?.epochs ?? 0) : 0;
  return (
    <section class="card curves" aria-label={`${words.loss}, ${words.accuracy}`}>
      <Curve title={words.loss} series={pair(loss, val_loss)} epochs={epochs} digits={2} />
      <Curve title={words.accuracy} series={pair(accuracy, val_accuracy)} epochs={epochs} top={1} digits={2} />
    </section>
  );
}

/** What all recordings hold together; null until the node has told. */
const everything = signal<Record<string, number> | null>(null);
effect(() => {
  // Asked anew after each take, whoever has recorded it here.
  if (link.value.state !== "open" || tab.value !== "train" || scope.value.value !== "all") return;
  void takes.value;
  request("train.material").then(
    ({ counts }) => (everything.value = counts as Record<string, number>),
    () => (everything.value ??= {}),
  );
});

/** Pictures of each label in what is chosen to learn from, and those that the person has left out. */
function material(): { counts: [string, number][]; off: string[] } {
  const all = scope.value.value === "all" ? everything.value : takes.value?.counts;
  const some = Object.entries(all ?? {}).filter(([, count]) => count > 0);
  return {
    counts: some.filter(([label]) => !isOff(label)),
    off: some.map(([label]) => label).filter(isOff),
  };
}

/** What is recorded, and whether it is enough to begin. */
function Material() {
  const words = text.value.train;
  if (nodes.value?.trainer === false) {
    return (
      <Notice kind="warn" command={LAUNCH} testId="no-trainer">
        {words.noTrainer}
      </Notice>
    );
  }
  const all = scope.value.value === "all";
  if (all && everything.value === null) return <p class="hint">{words.looking}</p>;
  const { counts, off } = material();
  const leftOut = off.length > 0 && (
    <p class="hint" data-testid="left-out">
      {words.leftOut(off.map(labelName).join(", "))}
    </p>
  );
  if (counts.length < 2) {
    return (
      <>
        {leftOut}
        <Notice
          kind="info"
          action={
            <a href="#record" class="button plain">
              {text.value.tabs.record}
            </a>
          }
          testId="nothing"
        >
          {words.notTaught}
        </Notice>
      </>
    );
  }
  const advised = welcome.value?.advised ?? 100;
  const few = counts.filter(([, count]) => count < advised / 2).map(([label]) => labelName(label));
  return (
    <>
      <ul class="material" aria-label={text.value.record.takes}>
        {counts.map(([label, count]) => (
          <li key={label} style={{ "--label": colour(label), "--share": Math.min(count / advised, 1).toFixed(3) }}>
            {welcome.value?.emoticons[label] && (
              <span class="emoji" aria-hidden="true">
                {welcome.value.emoticons[label][0]}
              </span>
            )}
            {labelName(label)} <b>{count}</b>
          </li>
        ))}
      </ul>
      {few.length > 0 && <p class="hint">{words.few(few.join(", "))}</p>}
      {leftOut}
    </>
  );
}

export function TrainView() {
  const words = text.value.train;
  const now = train.value;
  const ready =
    link.value.state === "open" &&
    nodes.value?.trainer !== false &&
    material().counts.length > 1;
  const last = result.value;
  const foreign = last?.ok === true && !last.mine;
  return (
    <>
      <div class="left">
        <section class="card learning" aria-label={words.title}>
          <header>
            <h2>{words.title}</h2>
            <p class="hint">{words.intro}</p>
          </header>
          {training.value && now ? (
            <>
              <Progress now={now} />
              <Button icon="close" onClick={() => void request("train.cancel").catch(complain)} testId="cancel">
                {words.cancel}
              </Button>
            </>
          ) : (
            <>
              {!asking.value && lost.value && link.value.state === "open" && (
                <Notice kind="warn" testId="interrupted">
                  {words.interrupted}
                </Notice>
              )}
              {!asking.value && now?.phase === "cancelled" && <Notice kind="info">{words.cancelled}</Notice>}
              {last && !last.ok && now?.phase !== "cancelled" && (
                <Notice kind="bad" testId="failed">
                  {words.failed}: {why(last.reason) ?? text.value.errors["failed"]}
                </Notice>
              )}
              <Material />
              <div class="begin">
                <Choice
                  label={words.scope}
                  choices={[
                    { value: "mine", name: words.mine },
                    { value: "all", name: words.all },
                  ]}
                  value={scope.value.value}
                  onChoose={(next) => {
                    scope.set(next);
                    forgetFailure();
                  }}
                />
                <Button
                  kind="primary"
                  icon="train"
                  class="large"
                  disabled={!ready || asking.value}
                  onClick={() => void start()}
                  testId="train"
                >
                  {asking.value ? words.starting : last?.ok && !foreign ? words.again : words.start}
                </Button>
              </div>
              <Advanced />
            </>
          )}
        </section>
        {last?.ok && !foreign && <Stage compact />}
        {!foreign && <Curves />}
      </div>
      <div class="right">
        {last?.ok && !foreign ? (
          <Result result={last}>
            <Now />
          </Result>
        ) : (
          <>
            <Stage compact />
            <section class="card reading" aria-label={text.value.watch.now}>
              <Now />
            </section>
            {foreign && (
              <details class="card others" data-testid="others-result">
                <summary>{words.others(last.model)}</summary>
                <Result result={last} />
              </details>
            )}
          </>
        )}
      </div>
    </>
  );
}
