/** What a training makes of the faces: the paper's head, or ours, which the general model must not beat. */

import { best, mean, range, spread } from "./algebra";
import type { Folds } from "./folds";
import { answers, type Head } from "./heads";
import { fit, layer, Perceptron, random, type Epoch, type Settings } from "./perceptron";
import { teach, type Task } from "./ridge";

/** `ours`: in closed form; `paper`: dense layers by Adam, as in the webcam paper of 2023. */
export type Method = "ours" | "paper";

export interface Outcome {
  head: Head;
  method: Method;
  /** Share of the held-out pictures that were read rightly; NaN where none could be held out. */
  accuracy: number;
  /** The same of the general model. */
  baseline: number;
  /** Mean cross-entropy of the held-out pictures, nats. */
  loss: number;
  measured: number;
  /** The held-out pictures: how many of each label, the rows, were answered by each, the columns. */
  confusion: { labels: string[]; counts: number[][] };
  /** The general model's head stays, since what was taught is not clearly better. */
  kept: boolean;
}

const [CLEARLY, USUAL_GAIN, USUAL_FACES, LEAST_SPREAD] = [1, 0.18, 10, 0.4];
/** Share of the pictures of each label that the paper's head is tested on. */
const TEST = 0.15;

interface Judged {
  accuracy: number;
  loss: number;
  right: number[];
  answered: string[];
}

function judge(found: Float32Array[], labels: string[], truth: string[]): Judged {
  const answered = found.map((answer) => labels[best(answer)]!);
  const right = answered.map((label, at) => Number(label === truth[at]));
  const chosen = found.map((answer, at) => answer[labels.indexOf(truth[at]!)] ?? 0);
  return { accuracy: right.length ? mean(right) : NaN, loss: mean(chosen.map((p) => -Math.log(Math.max(p, 1e-7)))), right, answered };
}

/** Of the labels that were shown or answered. */
function confusion(known: string[], truth: string[], answered: string[]): Outcome["confusion"] {
  const labels = [...new Set([...known, ...answered])].filter((one) => truth.includes(one) || answered.includes(one));
  const counts = labels.map(() => labels.map(() => 0));
  truth.forEach((shown, at) => counts[labels.indexOf(shown)]![labels.indexOf(answered[at]!)]!++);
  return { labels, counts };
}

export function ours(task: Task): Outcome {
  const { head, heldOut } = teach(task);
  const faces = range(task.pictures).filter((at) => heldOut[at]);
  const truth = faces.map((at) => task.labels[task.targets[at]!]!);
  const all = answers(task.general, task.maps);
  const general = judge(
    faces.map((at) => all[at]!),
    task.general.labels,
    truth,
  );
  const taught = judge(
    faces.map((at) => heldOut[at]!),
    head.labels,
    truth,
  );
  const knows = task.labels.every((label) => task.general.labels.includes(label));
  const gain = taught.right.map((one, at) => one - general.right[at]!);
  const count = gain.length + USUAL_FACES;
  const usual = (gain.reduce((a, b) => a + b, 0) + USUAL_FACES * USUAL_GAIN) / count;
  const clearly = usual > (CLEARLY * Math.max(spread(gain), LEAST_SPREAD)) / Math.sqrt(count);
  const kept = faces.length > 0 && knows && !clearly;
  const shown = kept ? general : taught;
  return {
    head: kept ? task.general : head,
    method: "ours",
    accuracy: shown.accuracy,
    baseline: general.accuracy,
    loss: faces.length ? shown.loss : NaN,
    measured: faces.length,
    confusion: confusion(task.labels, truth, shown.answered),
    kept,
  };
}

/** The last pictures of each label are held out. */
export async function paper(
  task: Task,
  folds: Folds,
  settings: Settings,
  seed: number,
  told: (epoch: Epoch) => Promise<void>,
): Promise<Outcome> {
  const held = new Set<number>();
  task.labels.forEach((_, label) => {
    const own = range(task.pictures).filter((at) => task.targets[at] === label);
    const count = own.length > 1 && folds.measured.some(Boolean) ? Math.max(1, Math.round(TEST * own.length)) : 0;
    for (const at of own.slice(own.length - count)) held.add(at);
  });
  const training = range(task.pictures).filter((at) => !held.has(at));
  const tested = [...held];
  const next = random(seed);
  const inputs = task.maps.embeddings.width;
  const layers: [ReturnType<typeof layer>, ReturnType<typeof layer>] = [
    layer(inputs, settings.hidden_units, next),
    layer(settings.hidden_units, task.labels.length, next),
  ];
  const network = new Perceptron(layers);
  let last: Epoch = { loss: NaN, accuracy: NaN, valLoss: NaN, valAccuracy: NaN };
  await fit(network, task.maps.embeddings, task.targets, training, tested, settings, next, (epoch) => {
    last = epoch;
    return told(epoch);
  });
  const [first, second] = layers;
  const truth = tested.map((at) => task.labels[task.targets[at]!]!);
  const judged = (head: Head) => {
    const all = answers(head, task.maps);
    return judge(
      tested.map((at) => all[at]!),
      head.labels,
      truth,
    );
  };
  const kernel = ({ kernel: data, inputs: i, outputs: o }: typeof first) => ({ shape: [i, o], data });
  const bias = ({ bias: data }: typeof first) => ({ shape: [data.length], data });
  const arrays = { kernel1: kernel(first), bias1: bias(first), kernel2: kernel(second), bias2: bias(second) };
  const head = { plugin: "dense", labels: task.labels, arrays };
  return {
    head,
    method: "paper",
    accuracy: last.valAccuracy,
    baseline: judged(task.general).accuracy,
    loss: tested.length ? last.valLoss : last.loss,
    measured: tested.length,
    confusion: confusion(task.labels, truth, judged(head).answered),
    kept: false,
  };
}
