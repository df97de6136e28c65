/** The training: which way, how it goes, what came out. */

import { signal } from "@preact/signals";
import { download } from "../../emoticon";
import { percent, text } from "../../i18n";
import { Button, Choice, Notice } from "../../parts/controls";
import { Curve } from "../../parts/curve";
import { Each } from "../../parts/each";
import { ElsewhereDialog } from "../../parts/elsewhere";
import type { Result } from "../engine/protocol";
import { PAPER } from "../learning/perceptron";
import { ask, complain, epochs, forget, method, read, result, state, train } from "./state";
import { words } from "./words";

/** The name that the engine gives the model, and the robot's namespace as it starts. */
const [NAME, NAMESPACE] = ["taught", "/fer"];
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
      {found.classes.length > 0 && (
        <details class="options hood" data-testid="hood">
          <summary>{text.value.train.details}</summary>
          <Each rows={found.classes} />
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
      <div class="row">
        <Button kind="primary" disabled={busy} onClick={() => void train()} testId="train">
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
          <span class="hint" role="status">
            {progress}
          </span>
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
            epochs={PAPER.epochs}
            digits={2}
          />
          <Curve
            title={texts.accuracy}
            series={[
              { name: texts.onTraining, values: list.map(({ accuracy }) => accuracy), kind: "main" },
              { name: texts.onHeld, values: list.map(({ valAccuracy }) => valAccuracy), kind: "second" },
            ]}
            epochs={PAPER.epochs}
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
