/** How good the new model is, how that was tested, and a switch between old and new. */

import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { colour } from "../colours";
import { request } from "../connection";
import { figure, labelName, percent, text } from "../i18n";
import type { Advice, Metrics, TrainResult } from "../protocol";
import { model, welcome } from "../state";
import { complain } from "../toast";
import { Confusion } from "./confusion";
import { Choice, Notice } from "./controls";
import { Each } from "./each";

/** Pictures in the test below which its figures mean nothing: one of them is then worth five points or more. */
const SMALL = 20;

const switching = signal(false);

async function use(name: string): Promise<void> {
  switching.value = true;
  try {
    await request("model.load", { name });
  } catch (error) {
    complain(error);
  }
  switching.value = false;
}

interface ScoreProps {
  name: string;
  value: number | null;
  baseline: number | null | undefined;
  range?: string;
  testId: string;
}

function Score(props: ScoreProps) {
  const words = text.value.train;
  const known = props.baseline !== null && props.baseline !== undefined;
  return (
    <div class="score">
      <dt>{props.name}</dt>
      <dd data-testid={props.testId}>{words.about(percent(props.value))}</dd>
      {props.range && <dd data-testid={`${props.testId}-range`}>{props.range}</dd>}
      <dd class="hint">{known ? words.baseline(percent(props.baseline)) : words.noBaseline}</dd>
    </div>
  );
}

/** What the shared list shows of each label. */
const rows = ({ labels, confusion, support }: Metrics) =>
  labels.map((label, i) => ({ label, right: confusion[i]?.[i] ?? 0, of: support[i] ?? 0 }));

/** What the trainer advises, in a person's words. */
function AdviceOf({ advice, metrics }: { advice: Advice; metrics: Metrics | null }) {
  const words = text.value.advice;
  const names = (labels: string[]) => labels.map(labelName).join(", ");
  const { not_learned, record_more, record_count, another_day, general_kept } = advice;
  const next = [
    general_kept ? words.kept : "",
    not_learned.length > 0 ? words.notLearned(names(not_learned)) : "",
    record_more.length === 0
      ? ""
      : record_count > 0
        ? words.record(record_count, names(record_more))
        : words.another(names(record_more)),
    // What 70 people lost on another day says nothing to somebody who is read worse than that today.
    another_day === null || Math.round(100 * another_day) >= Math.round(100 * (metrics?.accuracy ?? 1))
      ? ""
      : words.day(percent(another_day)),
  ].filter(Boolean);
  if (next.length === 0 && metrics) next.push(words.learned);
  if (next.length === 0) return null;
  const fine = !general_kept && not_learned.length === 0 && record_more.length === 0;
  return (
    <div class={`notice ${fine ? "good" : "warn"} advice`} role="status" data-testid="advice">
      <h3>{words.title}</h3>
      <ul>
        {next.map((sentence) => (
          <li key={sentence}>{sentence}</li>
        ))}
      </ul>
    </div>
  );
}

/** Figures for those who want to know: what was found of each, and where the time went. */
function Hood({ result, metrics }: { result: TrainResult; metrics: Metrics }) {
  const words = text.value.train;
  const phases = Object.entries(result.phases)
    .map(([phase, seconds]) => `${words.phases[phase as keyof typeof words.phases] ?? phase} ${figure(seconds, 1)} s`)
    .join(" · ");
  return (
    <details class="options hood" data-testid="hood">
      <summary>{words.details}</summary>
      <table aria-label={words.perClass}>
        <thead>
          <tr>
            <td />
            <th scope="col">{words.recall}</th>
            <th scope="col">{words.precision}</th>
          </tr>
        </thead>
        <tbody>
          {metrics.labels.map((label, i) => (
            <tr key={label} style={{ "--label": colour(label), "--share": (metrics.recall[i] ?? 0).toFixed(3) }}>
              <th scope="row">{labelName(label)}</th>
              <td>{metrics.support[i] ? percent(metrics.recall[i]) : "–"}</td>
              <td>{metrics.support[i] ? percent(metrics.precision[i]) : "–"}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p class="hint">{words.perClassHint}</p>
      {metrics.confusion.length > 0 && (
        <>
          <h3>{words.confusion}</h3>
          <Confusion
            labels={metrics.labels}
            counts={metrics.confusion}
            emoticons={(label) => welcome.value?.emoticons[label] ?? []}
          />
          <p class="hint">{words.confusionHint}</p>
        </>
      )}
      <p class="hint">{words.ofPhases(phases)}</p>
    </details>
  );
}

/** The children show the expression of this moment, beside the switch that changes it. */
export function Result({ result, children }: { result: TrainResult; children?: ComponentChildren }) {
  const words = text.value.train;
  const metrics: Metrics | null = result.metrics;
  const inUse = model.value?.name ?? "";
  const { train, validation, test } = result.counts;
  return (
    <section class="card result" aria-label={words.result} data-testid="result">
      <header>
        <h2>{words.result}</h2>
        <span class="hint">{words.seconds(figure(result.seconds, 1))}</span>
      </header>
      {!metrics && (
        <Notice kind="info" testId="cannot">
          {words.cannot}
        </Notice>
      )}
      {metrics && (
        <>
          <dl class="scores">
            <Score
              name={words.accuracy}
              value={metrics.accuracy}
              baseline={result.baseline?.accuracy}
              range={words.between(percent(metrics.accuracy_low), percent(metrics.accuracy_high), metrics.count)}
              testId="accuracy"
            />
            <Score
              name={words.macroF1}
              value={metrics.macro_f1}
              baseline={result.baseline?.macro_f1}
              testId="macro-f1"
            />
          </dl>
          {metrics.count < SMALL ? (
            <Notice kind="warn">{words.smallTest(metrics.count)}</Notice>
          ) : (
            <p class="hint">{words.measured}</p>
          )}
        </>
      )}
      {result.previous && result.previous !== result.model && (
        <Choice
          label={words.compare}
          disabled={switching.value}
          choices={[
            { value: result.previous, name: `${words.before}: ${result.previous}` },
            { value: result.model, name: `${words.after}: ${result.model}` },
          ]}
          value={inUse}
          onChoose={(name) => void use(name)}
        />
      )}
      {children}
      {result.advice && <AdviceOf advice={result.advice} metrics={metrics} />}
      {metrics && <Each rows={rows(metrics)} />}
      <h3>{words.split}</h3>
      <p data-testid="split">{words.splits[result.split] ?? result.split}</p>
      <p class="hint">{result.split === "cross" ? words.crossed(test) : words.counts(train, validation, test)}</p>
      {metrics && <Hood result={result} metrics={metrics} />}
    </section>
  );
}
