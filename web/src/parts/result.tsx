/** How good the new model is, how that was tested, and a switch between old and new. */

import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { request } from "../connection";
import { figure, percent, text } from "../i18n";
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

function Score(props: { name: string; value: number | null; baseline: number | null | undefined; testId: string }) {
  const words = text.value.train;
  const known = props.baseline !== null && props.baseline !== undefined;
  return (
    <div class="score">
      <dt>{props.name}</dt>
      <dd data-testid={props.testId}>{percent(props.value, 1)}</dd>
      <dd class="hint">{known ? words.baseline(percent(props.baseline, 1)) : words.noBaseline}</dd>
    </div>
  );
}

/** The children show the expression of this moment, beside the switch that changes it. */
export function Result({ result, children }: { result: TrainResult; children: ComponentChildren }) {
  const words = text.value.train;
  const metrics: Metrics | null = result.metrics;
  const inUse = model.value?.name ?? "";
  const { train, validation, test } = result.counts;
  const kind = result.split.split(":", 1)[0] ?? "";
  return (
    <section class="card result" aria-label={words.result} data-testid="result">
      <header>
        <h2>{words.result}</h2>
        <span class="hint">{words.seconds(figure(result.seconds, 1))}</span>
      </header>
      {metrics && (
        <>
          <dl class="scores">
            <Score
              name={words.accuracy}
              value={metrics.accuracy}
              baseline={result.baseline?.accuracy}
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
      {metrics && metrics.confusion.length > 0 && (
        <>
          <h3>{words.confusion}</h3>
          <Confusion metrics={metrics} />
          <p class="hint">{words.confusionHint}</p>
        </>
      )}
      <h3>{words.split}</h3>
      <p data-testid="split">{words.splits[kind] ?? result.split}</p>
      <p class="hint">{words.counts(train, validation, test)}</p>
    </section>
  );
}
