/** One button; then what happens, and how good the new model is beside the old one. */

import { effect, signal } from "@preact/signals";
import { colour } from "../colours";
import { link, request } from "../connection";
import { figure, labelName, text } from "../i18n";
import { why } from "../i18n/reasons";
import { kept } from "../identity";
import { mine } from "../labels";
import { Button, Choice, Field, LAUNCH, Notice } from "../parts/controls";
import { Curve } from "../parts/curve";
import { Result } from "../parts/result";
import { Stage } from "../parts/stage";
import { PHASES, type TrainProgress } from "../protocol";
import { NO_CURVE, curve, forgetFailure, nodes, result, takes, train, training, welcome } from "../state";
import { complain } from "../toast";
import { Now } from "./watch";

const scope = kept("scope", ["mine", "all"]);
const head = signal("");
const epochs = signal("");
const name = signal("");
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
  const passes = Number.parseInt(epochs.value, 10);
  try {
    await request("train.start", {
      scope: scope.value.value,
      ...(mine.peek().off.length ? { without: mine.peek().off } : {}),
      ...(head.value ? { head: head.value } : {}),
      ...(passes > 0 ? { epochs: passes } : {}),
      ...(name.value.trim() ? { name: name.value.trim() } : {}),
    });
  } catch (error) {
    asking.value = false;
    [result.value, curve.value] = before;
    complain(error);
  }
}

function Options() {
  const words = text.value.train;
  return (
    <details class="options">
      <summary>{words.more}</summary>
      <div class="grid">
        <div class="field">
          <label for="head">{words.head}</label>
          <select id="head" value={head.value} onChange={(event) => (head.value = event.currentTarget.value)}>
            <option value="">{words.headDefault}</option>
            {(welcome.value?.heads ?? []).map((one) => (
              <option key={one} value={one}>
                {one}
              </option>
            ))}
          </select>
        </div>
        <Field
          label={words.epochs}
          value={epochs.value}
          onInput={(value) => (epochs.value = value.replace(/\D/g, "").slice(0, 4))}
          placeholder={words.epochsDefault}
          inputMode="numeric"
        />
        <Field
          label={words.name}
          value={name.value}
          onInput={(value) => (name.value = value)}
          placeholder={words.nameDefault}
          maxLength={64}
        />
      </div>
    </details>
  );
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
  if (scope.value.value === "all") return null;
  const counts = Object.entries(takes.value?.counts ?? {}).filter(([, count]) => count > 0);
  if (counts.length < 2) {
    return (
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
    </>
  );
}

export function TrainView() {
  const words = text.value.train;
  const now = train.value;
  const ready =
    link.value.state === "open" &&
    nodes.value?.trainer !== false &&
    (scope.value.value === "all" || Object.values(takes.value?.counts ?? {}).filter((count) => count > 0).length > 1);
  const last = result.value;
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
                  {asking.value ? words.starting : last?.ok ? words.again : words.start}
                </Button>
              </div>
              <Options />
            </>
          )}
        </section>
        {last?.ok && <Stage compact />}
        <Curves />
      </div>
      <div class="right">
        {last?.ok ? (
          <Result result={last}>
            <Now />
          </Result>
        ) : (
          <>
            <Stage compact />
            <section class="card reading" aria-label={text.value.watch.now}>
              <Now />
            </section>
          </>
        )}
      </div>
    </>
  );
}
