/** How good the new model is, how that was tested, and a switch between old and new. */

import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { request } from "../connection";
import { figure, labelName, percent, text } from "../i18n";
import type { Metrics, TrainResult } from "../protocol";
import { model } from "../state";
import { complain } from "../toast";
import { Confusion } from "./confusion";
import { Choice, Notice } from "./controls";

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

/** How many pictures of each label were read rightly: also what a model shows that learned in no epochs. */
function Each({ metrics }: { metrics: Metrics }) {
  const words = text.value.train;
  const rows = metrics.labels
    .map((label, i) => ({ label, right: metrics.confusion[i]?.[i] ?? 0, shown: metrics.support[i] ?? 0 }))
    .filter(({ shown }) => shown > 0);
  const unlearned = rows.filter(({ right, shown }) => right <= shown / 2).map(({ label }) => labelName(label));
  return (
    <>
      <h3>{words.each}</h3>
      <ul data-testid="each">
        {rows.map(({ label, right, shown }) => (
          <li key={label}>{words.right(labelName(label), right, shown)}</li>
        ))}
      </ul>
      {unlearned.length > 0 && <Notice kind="warn">{words.unlearned(unlearned.join(", "))}</Notice>}
    </>
  );
}

/** The children show the expression of this moment, beside the switch that changes it. */
export function Result({ result, children }: { result: TrainResult; children: ComponentChildren }) {
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
      {metrics && <Each metrics={metrics} />}
      {metrics && metrics.confusion.length > 0 && (
        <>
          <h3>{words.confusion}</h3>
          <Confusion metrics={metrics} />
          <p class="hint">{words.confusionHint}</p>
        </>
      )}
      <h3>{words.split}</h3>
      <p data-testid="split">{words.splits[result.split] ?? result.split}</p>
      <p class="hint">{words.counts(train, validation, test)}</p>
    </section>
  );
}
