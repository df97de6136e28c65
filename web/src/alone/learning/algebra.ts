/** Small dense linear algebra in double precision, rows after rows. */

export interface Table {
  rows: number;
  columns: number;
  data: Float64Array;
}

export const table = (rows: number, columns: number): Table => ({
  rows,
  columns,
  data: new Float64Array(rows * columns),
});

/** x · xᵀ of n rows of `width` numbers. */
export function gram(x: Float32Array, n: number, width: number): Table {
  const out = table(n, n);
  for (let i = 0; i < n; i++) {
    const a = i * width;
    for (let j = 0; j <= i; j += 2) {
      // Two rows at a time: each number of row i is fetched once for both.
      const [b, c] = [j * width, Math.min(j + 1, i) * width];
      let [one, two] = [0, 0];
      for (let k = 0; k < width; k++) {
        const value = x[a + k]!;
        one += value * x[b + k]!;
        two += value * x[c + k]!;
      }
      out.data[i * n + j] = out.data[j * n + i] = one;
      if (j < i) out.data[i * n + j + 1] = out.data[(j + 1) * n + i] = two;
    }
  }
  return out;
}

/** Lower factor of a symmetric positive matrix with `added` on its diagonal. */
function cholesky({ data, rows: n }: Table, added?: number[]): Float64Array {
  const l = new Float64Array(n * n);
  for (let i = 0; i < n; i++)
    for (let j = 0; j <= i; j++) {
      let sum = data[i * n + j]! + (i === j ? (added?.[i] ?? 0) : 0);
      for (let k = 0; k < j; k++) sum -= l[i * n + k]! * l[j * n + k]!;
      l[i * n + j] = i === j ? Math.sqrt(Math.max(sum, 1e-12)) : sum / l[j * n + j]!;
    }
  return l;
}

/** (matrix + diag(added))⁻¹ of a symmetric positive matrix. */
export function inverse(matrix: Table, added: number[]): Table {
  const n = matrix.rows;
  const l = cholesky(matrix, added);
  const low = new Float64Array(n * n); // the inverse of l
  for (let i = 0; i < n; i++) {
    const scale = 1 / l[i * n + i]!;
    for (let k = 0; k < i; k++) {
      const factor = -l[i * n + k]! * scale;
      for (let j = 0; j <= k; j++) low[i * n + j]! += factor * low[k * n + j]!;
    }
    low[i * n + i] = scale;
  }
  const out = table(n, n);
  for (let k = 0; k < n; k++)
    for (let a = 0; a <= k; a++) {
      const factor = low[k * n + a]!;
      for (let b = 0; b <= a; b++) out.data[a * n + b]! += factor * low[k * n + b]!;
    }
  for (let a = 0; a < n; a++) for (let b = 0; b < a; b++) out.data[b * n + a] = out.data[a * n + b]!;
  return out;
}

/** matrix⁻¹ · right of a symmetric positive matrix. */
export function solve(matrix: Table, right: Table): Table {
  const n = matrix.rows;
  const columns = right.columns;
  const l = cholesky(matrix);
  const out = right.data.slice();
  const subtract = (to: number, from: number, factor: number) => {
    for (let c = 0; c < columns; c++) out[to * columns + c]! -= factor * out[from * columns + c]!;
  };
  const divide = (at: number) => {
    for (let c = 0; c < columns; c++) out[at * columns + c]! /= l[at * n + at]!;
  };
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) subtract(i, k, l[i * n + k]!);
    divide(i);
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) subtract(i, k, l[k * n + i]!);
    divide(i);
  }
  return { rows: n, columns, data: out };
}

/** Some rows and columns of a matrix. */
export function part({ data, columns }: Table, rowsOf: ArrayLike<number>, columnsOf: ArrayLike<number>): Table {
  const out = table(rowsOf.length, columnsOf.length);
  for (let i = 0, to = 0; i < rowsOf.length; i++)
    for (let j = 0; j < columnsOf.length; j++) out.data[to++] = data[rowsOf[i]! * columns + columnsOf[j]!]!;
  return out;
}

export function product(a: Table, b: Table): Table {
  const out = table(a.rows, b.columns);
  for (let i = 0; i < a.rows; i++)
    for (let k = 0; k < a.columns; k++) {
      const factor = a.data[i * a.columns + k]!;
      if (factor === 0) continue;
      for (let j = 0; j < b.columns; j++) out.data[i * b.columns + j]! += factor * b.data[k * b.columns + j]!;
    }
  return out;
}

export const range = (count: number): number[] => [...Array(count).keys()];
export const mean = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((sum, value) => sum + value, 0) / Math.max(values.length, 1);
/** Standard deviation. */
export function spread(values: ArrayLike<number>): number {
  const middle = mean(values);
  return Math.sqrt(mean(Array.from(values, (value) => (value - middle) ** 2)));
}
/** Index of the largest (sign 1) or smallest (sign -1) value; the first of equal ones. */
export const best = (values: ArrayLike<number>, sign = 1): number =>
  Array.from(values).reduce((found, value, at) => (sign * value > sign * values[found]! ? at : found), 0);
