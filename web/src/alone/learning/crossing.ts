/** Cross-validation of kernel ridge regression in closed form; see `core/training/fitting/kernel_ridge.py`. */

import { best, inverse, mean, part, product, range, solve, spread, table, type Table } from "./algebra";

/** The temperature where nothing can be measured. */
export const HEAT = 9;
/** Another strength must be better than the usual one by so many standard errors. */
const CLEARLY = 2;
export const HEATS = range(25).map((at) => Math.exp(Math.log(3) * (at / 12 - 1)));
const HEAT_SPREAD = 0.35;

export interface Strength {
  ridge: number;
  prior: number[];
  base: number[];
}

export interface Problem {
  kernel: Table;
  labels: number;
  targets: number[];
  /** One row a face, the general model's probabilities. */
  general: Float32Array[];
  /** How much each face counts, above 0. */
  weights: number[];
  folds: number[];
  measured: number[];
}

/** What prior and base of each strength say, side by side, (faces, strengths · labels). */
function fixedPart(problem: Problem, some: Strength[]): Table {
  const out = table(problem.targets.length, some.length * problem.labels);
  problem.general.forEach((answer, face) =>
    some.forEach(({ prior, base }, at) => {
      for (let label = 0; label < problem.labels; label++)
        out.data[face * out.columns + at * problem.labels + label] = prior[label]! * answer[label]! + base[label]!;
    }),
  );
  return out;
}

/** What is left of the targets for the kernel to explain. */
export function leftOver(problem: Problem, some: Strength[]): Table {
  const out = fixedPart(problem, some);
  for (let i = 0; i < out.data.length; i++) out.data[i]! *= -1;
  problem.targets.forEach((label, face) =>
    some.forEach((_, at) => (out.data[face * out.columns + at * problem.labels + label]! += 1)),
  );
  return out;
}

/** The inverse of the kernel with what keeps the coefficients small. */
export const regularInverse = ({ kernel, weights }: Problem, ridge: number): Table =>
  inverse(
    kernel,
    weights.map((weight) => ridge / weight),
  );

/** Scores (measured, labels) of each measured face by those of other folds; one entry a strength. */
export function heldOut(problem: Problem, candidates: Strength[]): Table[] {
  const out: Table[] = [];
  for (const ridge of new Set(candidates.map((one) => one.ridge))) {
    const same = range(candidates.length).filter((at) => candidates[at]!.ridge === ridge);
    const some = same.map((at) => candidates[at]!);
    const columns = range(some.length * problem.labels);
    const inverted = regularInverse(problem, ridge);
    const full = product(inverted, leftOver(problem, some));
    const scores = part(fixedPart(problem, some), problem.measured, columns);
    const everyone = range(problem.targets.length);
    for (const fold of new Set(problem.folds.filter((one) => one >= 0))) {
      const inside = everyone.filter((at) => problem.folds[at] === fold);
      const own = range(problem.measured.length).filter((at) => problem.folds[problem.measured[at]!] === fold);
      const moved = product(
        part(inverted, everyone, inside),
        solve(part(inverted, inside, inside), part(full, inside, columns)),
      );
      const without = { ...full, data: full.data.map((value, at) => value - moved.data[at]!) };
      for (const at of inside) without.data.fill(0, at * full.columns, (at + 1) * full.columns);
      const faces = own.map((at) => problem.measured[at]!);
      const found = product(part(problem.kernel, faces, everyone), without);
      own.forEach((to, from) => {
        for (const c of columns) scores.data[to * full.columns + c]! += found.data[from * full.columns + c]!;
      });
    }
    same.forEach((at, place) => {
      out[at] = part(
        scores,
        range(scores.rows),
        range(problem.labels).map((label) => place * problem.labels + label),
      );
    });
  }
  return out;
}

/** Cross-entropy of each row, nats. */
export function losses(scores: Table, truth: number[], heat: number): number[] {
  return truth.map((label, at) => {
    const logits = Array.from(scores.data.subarray(at * scores.columns, (at + 1) * scores.columns), (s) => heat * s);
    const top = Math.max(...logits);
    return top + Math.log(logits.reduce((sum, one) => sum + Math.exp(one - top), 0)) - logits[label]!;
  });
}

/** The best strength by cross-validation, or the first where none is clearly better; and its temperature. */
export function chosen(costs: number[][][], some: number[]): [number, number] {
  const heats = costs.map((byHeat) =>
    best(
      byHeat.map(
        (row, at) =>
          some.reduce((sum, i) => sum + row[i]!, 0) + 0.5 * (Math.log(HEATS[at]!) / HEAT_SPREAD) ** 2,
      ),
      -1,
    ),
  );
  const at = costs.map((byHeat, entry) => some.map((i) => byHeat[heats[entry]!]![i]!));
  let found = best(at.map(mean), -1);
  const gain = at[0]!.map((cost, i) => cost - at[found]![i]!);
  if (mean(gain) <= (CLEARLY * spread(gain)) / Math.sqrt(gain.length)) found = 0;
  return [found, HEAT * HEATS[heats[found]!]!];
}

/** The answer to each picture by the others; its fold has no say in strength and temperature. */
export function byTheOthers(
  pictures: number,
  rowsOf: number[],
  problem: Problem,
  scores: Table[],
  costs: number[][][],
): (Float32Array | null)[] {
  const out: (Float32Array | null)[] = Array.from({ length: pictures }, () => null);
  const folds = problem.measured.map((at) => problem.folds[at]!);
  for (const fold of new Set(scores.length ? folds : [])) {
    const others = range(folds.length).filter((at) => folds[at] !== fold);
    const [entry, heat] = others.length ? chosen(costs, others) : [0, HEAT];
    const { data, columns } = scores[entry]!;
    range(folds.length)
      .filter((at) => folds[at] === fold)
      .forEach((at) => {
        const logits = Array.from(data.subarray(at * columns, (at + 1) * columns), (score) => heat * score);
        const top = Math.max(...logits);
        const raised = logits.map((one) => Math.exp(one - top));
        const sum = raised.reduce((a, b) => a + b, 0);
        out[rowsOf[problem.measured[at]!]!] = Float32Array.from(raised, (one) => one / sum);
      });
  }
  return out;
}
