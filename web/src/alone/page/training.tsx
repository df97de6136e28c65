/** The training: which way, how it goes, what came out. */

import { signal } from "@preact/signals";
import { download } from "../../emoticon";
import { percent, text } from "../../i18n";
import { Confusion } from "../../parts/confusion";
import { Button, Choice, Notice } from "../../parts/controls";
import { Curve } from "../../parts/curve";
import { Each } from "../../parts/each";
import { ElsewhereDialog } from "../../parts/elsewhere";
import { Figure, given, type Limits, type Setting } from "../../parts/figure";
import type { Result } from "../engine/protocol";
import { PAPER, type Settings } from "../learning/perceptron";
import { ask, asked, complain, emoticons, epochs, forget, method, read, result, state, train } from "./state";
import { words } from "./words";

/** The name that the engine gives the model, and the robot's namespace as it starts. */
const [NAME, NAMESPACE] = ["taught", "/fer"];
/** What can be set of the paper's method: the ranges of the robot's head `dense`, where a browser keeps up. */
const LIMITS: Record<Setting, Limits> = {
  epochs: [PAPER.epochs, 1, 1000],
  learning_rate: [PAPER.learning_rate, 1e-12, 1],
  batch_fraction: [PAPER.batch_fraction, 0, 1],
  hidden_units: [PAPER.hidden_units, 1, 4096],
};
const SETTINGS = Object.entries(LIMITS) as [Setting, Limits][];

const chosen = (): Settings =>
  Object.fromEntries(SETTINGS.map(([name, limits]) => [name, given(name, limits) ?? limits[0]])) as Record<Setting, number>;

/** How the model is used elsewhere is shown. */
const leaving = signal(false);

async function take(): Promise<void> {
  try {
    download(await ask("export", {}), `${NAME}.zip`);
  } catch (error) {
    complain(error);
  }
}

function Outcome({ found }: { found: Result }) {
  const texts = words.value;
  const worse = found.accuracy < found.baseline; // not where one is unknown
  const { labels, counts } = found.confusion;
  const rows = labels.map((label, at) => {
    const row = counts[at]!;
    return { label, right: row[at]!, of: row.reduce((sum, one) => sum + one, 0) };
  });
  return (
    <Notice kind={worse ? "warn" : "good"} testId="result">
      {worse && <p>{texts.worse}</p>}
      <p>{found.measured ? texts.right(percent(found.accuracy), found.measured) : texts.unmeasured}</p>
      <p class="hint">
        {[
          texts.took(found.seconds.toFixed(1), found.pictures),
          ...(found.measured ? [texts.before(percent(found.baseline)), texts.heldLoss(found.loss.toFixed(2))] : []),
        ].join(" · ")}
      </p>
      {labels.length > 0 && (
        <details class="options hood" data-testid="hood">
          <summary>{text.value.train.details}</summary>
          <Each rows={rows} />
          <h3>{text.value.train.confusion}</h3>
          <Confusion labels={labels} counts={counts} emoticons={emoticons} />
          <p class="hint">{text.value.train.confusionHint}</p>
        </details>
      )}
    </Notice>
  );
}

export function Training() {
  const texts = words.value;
  const list = epochs.value;
  const busy = read.value !== null;
  const progress = list.length ? texts.epoch(list.length) : texts.reading(percent(read.value));
  return (
    <section class="card train-alone" aria-label={texts.train}>
      <header>
        <h2>{texts.train}</h2>
        <span class="hint" data-testid="model" data-taught={state.value.taught}>
          {state.value.taught ? texts.yours : texts.general}
        </span>
      </header>
      <Choice
        label={texts.method}
        choices={[
          { value: "ours", name: texts.ours },
          { value: "paper", name: texts.paper },
        ]}
        value={method.value}
        onChoose={(value) => (method.value = value)}
        disabled={busy}
      />
      <p class="hint">{method.value === "ours" ? texts.oursHint : texts.paperHint}</p>
      {method.value === "paper" && (
        <details class="options" data-testid="advanced">
          <summary>{text.value.advanced.title}</summary>
          <div class="grid">
            {SETTINGS.map(([setting, limits]) => (
              <Figure key={setting} setting={setting} limits={limits} />
            ))}
          </div>
        </details>
      )}
      <div class="row">
        <Button kind="primary" disabled={busy} onClick={() => void train(chosen())} testId="train">
          {busy ? `${texts.training}…` : texts.train}
        </Button>
        {state.value.taught && !busy && (
          <>
            <Button onClick={() => void forget()} testId="forget">
              {texts.backToGeneral}
            </Button>
            <Button icon="code" onClick={() => (leaving.value = true)} testId="elsewhere">
              {text.value.elsewhere.open}
            </Button>
          </>
        )}
        {busy && (
          <>
            <Button icon="close" onClick={() => void ask("cancel", {})} testId="cancel">
              {text.value.train.cancel}
            </Button>
            <span class="hint" role="status">
              {progress}
            </span>
          </>
        )}
      </div>
      {list.length > 0 && (
        <div class="curves">
          <Curve
            title={texts.loss}
            series={[
              { name: texts.onTraining, values: list.map(({ loss }) => loss), kind: "main" },
              { name: texts.onHeld, values: list.map(({ valLoss }) => valLoss), kind: "second" },
            ]}
            epochs={asked.value.epochs}
            digits={2}
          />
          <Curve
            title={texts.accuracy}
            series={[
              { name: texts.onTraining, values: list.map(({ accuracy }) => accuracy), kind: "main" },
              { name: texts.onHeld, values: list.map(({ valAccuracy }) => valAccuracy), kind: "second" },
            ]}
            epochs={asked.value.epochs}
            top={1}
            digits={2}
          />
        </div>
      )}
      {result.value && <Outcome found={result.value} />}
      {leaving.value && (
        <ElsewhereDialog name={NAME} namespace={NAMESPACE} onClose={() => (leaving.value = false)}>
          <Button icon="download" onClick={() => void take()} testId="download">
            {text.value.models.download}
          </Button>
        </ElsewhereDialog>
      )}
    </section>
  );
}
