/** The picture, the expression, its probabilities, the last minute, and what it costs. */

import { useRef } from "preact/hooks";
import { useFrame } from "../animate";
import { colour } from "../colours";
import { Refusal, link, request } from "../connection";
import { chosen, current, face, heard, likeliest, readings, stages } from "../faces";
import { figure, labelName, text } from "../i18n";
import { Alike, type AlikeSample } from "../parts/alike";
import { Bars } from "../parts/bars";
import { LAUNCH, Notice } from "../parts/controls";
import { OwnCorrect } from "../parts/own_correct";
import { Stage } from "../parts/stage";
import { Timeline } from "../parts/timeline";
import { live, rate } from "../picture";
import { STAGES } from "../protocol";
import { model, models, nodes, stats, training } from "../state";
import { reason } from "../toast";

/** Why no expression is shown; only where somebody looks is "no face" the truth. */
export function whyNobody(): { title: string; hint: string; sign: string } {
  const { watch, stage, bar } = text.value;
  if (link.value.state !== "open")
    return { title: bar[link.value.state === "connecting" ? "connecting" : "lost"], hint: "", sign: "💤" };
  if (nodes.value?.inference === false) return { title: watch.nobody, hint: stage.noInference, sign: "💤" };
  if (!heard.value) return { title: watch.nobody, hint: live.value ? watch.unread : stage.noPicture, sign: "💤" };
  return { title: watch.noFace, hint: watch.noFaceHint, sign: "👀" };
}

export function Now() {
  const words = text.value.watch;
  const reading = current.value;
  const nobody = whyNobody();
  const share = useRef<HTMLSpanElement>(null);
  const written = useRef(0);
  useFrame((time) => {
    if (time - written.current < 150 || !share.current) return;
    written.current = time;
    const shown = reading && face(reading.id);
    const percentage = shown ? `${Math.round(shown.confidence * 100)} %` : "";
    const likely = shown ? likeliest(shown) : null;
    const hindered = reading ? words.hindrances[reading.hindrance] : undefined;
    const most = likely === null ? percentage : words.likely(labelName(likely), percentage);
    share.current.textContent = hindered ?? most;
  });
  return (
    <div
      class={`now ${reading ? "" : "nobody"}`}
      style={{ "--label": reading ? colour(reading.label) : "var(--muted)" }}
      data-testid="now"
      data-label={reading?.label ?? ""}
    >
      <span class="emoji big" key={reading?.emoticon ?? ""} aria-hidden="true">
        {reading ? reading.emoticon || labelName(reading.label).slice(0, 1).toUpperCase() : nobody.sign}
      </span>
      <div>
        <p class="label">
          {reading ? labelName(reading.label) : nobody.title}
          {reading?.subject && (
            <span class="who" data-testid="who">
              {reading.subject}
            </span>
          )}
        </p>
        <p class="sub">{reading ? <span ref={share} /> : nobody.hint}</p>
      </div>
    </div>
  );
}

function Several() {
  const words = text.value.watch;
  if (readings.value.length < 2) return null;
  return (
    <div class="chips" role="group" aria-label={words.several}>
      {readings.value.map((reading, index) => (
        <button
          key={reading.id}
          type="button"
          class={`chip ${reading.id === current.value?.id ? "chosen" : ""}`}
          aria-pressed={reading.id === current.value?.id}
          aria-label={words.face(index + 1, labelName(reading.label), reading.subject)}
          onClick={() => (chosen.value = reading.id)}
        >
          <span class="emoji">{reading.emoticon}</span> {index + 1} {reading.subject}
        </button>
      ))}
    </div>
  );
}

function Figures() {
  const words = text.value.watch;
  const ms = (value: number | null | undefined) =>
    value === null || value === undefined ? words.unknown : words.ms(figure(value, value < 10 ? 1 : 0));
  const parts = STAGES.map((name) => ({ name, value: stages.value[name] ?? null }));
  const whole = stages.value["total"] ?? null;
  const { camera, inference } = stats.value ?? { camera: null, inference: null };
  return (
    <section class="card figures" aria-label={words.figures}>
      <dl>
        <div>
          <dt>{words.camera}</dt>
          <dd title={camera?.source}>{camera?.source ?? words.unknown}</dd>
        </div>
        <div>
          <dt>{words.model}</dt>
          <dd>
            <a href="#models">{model.value?.name ?? words.unknown}</a>
          </dd>
        </div>
        <div>
          <dt>{words.rate}</dt>
          <dd data-testid="fps">{words.fps(figure(rate.value.fps))}</dd>
        </div>
        <div>
          <dt>{words.read}</dt>
          <dd>{words.fps(figure(inference?.rate))}</dd>
        </div>
        <div>
          <dt>{words.latency}</dt>
          <dd>{ms(whole)}</dd>
        </div>
        <div>
          <dt>{words.screen}</dt>
          <dd data-testid="screen">{ms(rate.value.screen)}</dd>
        </div>
      </dl>
      <div class="stages">
        <div class="line" aria-hidden="true">
          {parts.map(({ name, value }) => (
            <span key={name} class={name} style={{ flexGrow: whole ? Math.max((value ?? 0) / whole, 0.01) : 0 }} />
          ))}
        </div>
        <ul>
          {parts.map(({ name, value }) => (
            <li key={name} class={name}>
              {words.stages[name]} <b>{ms(value)}</b>
            </li>
          ))}
        </ul>
      </div>
    </section>
  );
}

interface Told {
  label: string;
  picture: string;
  take?: number;
  stamp?: string;
}

async function alike(): Promise<AlikeSample[] | string | null> {
  const id = current.peek()?.id;
  if (id === undefined || training.peek()) return null;
  try {
    const reply = await request("samples.alike", { face: Math.max(id, 0) });
    return (reply["samples"] as Told[]).map(({ label, picture, take, stamp }, at) => ({
      ...{ label, picture },
      key: stamp ? `${take}-${stamp}` : `other-${at}`,
    }));
  } catch (error) {
    // It is out of sight, or offline: what was found stays until there is something else.
    const passing = error instanceof Refusal && (error.reason?.code === "face_not_seen" || error.code === "lost");
    return passing ? null : reason(error);
  }
}

/** Only a model that was taught here has something to tell. */
function Why() {
  const name = model.value?.name ?? "";
  const own = models.value?.models.some((one) => one.name === name && one.own) ?? false;
  return own ? <Alike ask={alike} model={name} /> : null;
}

export function WatchView() {
  return (
    <>
      <div class="left">
        <Stage />
        <Timeline />
      </div>
      <div class="right">
        <section class="card reading" aria-label={text.value.watch.now}>
          <Now />
          {nodes.value?.inference === false && nodes.value.camera && (
            <Notice kind="warn" command={LAUNCH} testId="no-inference">
              {text.value.stage.noCameraHint}
            </Notice>
          )}
          <Bars />
          <Several />
          <OwnCorrect />
          <Why />
        </section>
        <Figures />
      </div>
    </>
  );
}
