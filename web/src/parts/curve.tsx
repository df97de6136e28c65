/** A line per series over the epochs, as they come. */

import { figure, text } from "../i18n";

interface Series {
  name: string;
  values: number[];
  kind: "main" | "second";
}

interface CurveProps {
  title: string;
  series: Series[];
  /** Epochs on the axis at least. */
  epochs: number;
  /** Fixed range, such as 0 to 1; else from 0 to the largest value. */
  top?: number;
  digits: number;
}

const WIDTH = 320;
const HEIGHT = 150;
const LEFT = 34;
const BOTTOM = 18;
const TOP = 8;

/** A round number at or above the value. */
function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  const found = [1, 1.5, 2, 3, 4, 5, 6, 8, 10].find((factor) => factor * power >= value);
  return (found ?? 10) * power;
}

export function Curve(props: CurveProps) {
  const known = props.series.flatMap((one) => one.values).filter((value) => !Number.isNaN(value));
  const top = props.top ?? (known.length ? roundUp(Math.max(...known, 1e-3)) : 1);
  const count = Math.max(props.epochs, ...props.series.map((one) => one.values.length), 2);
  const x = (i: number) => LEFT + (i / (count - 1)) * (WIDTH - LEFT - 6);
  const y = (value: number) => TOP + (1 - Math.min(value / top, 1)) * (HEIGHT - TOP - BOTTOM);
  // Epochs of which nothing was heard are passed over.
  const path = (values: number[]) =>
    values
      .map((value, i) => (Number.isNaN(value) ? "" : `${x(i).toFixed(1)} ${y(value).toFixed(1)}`))
      .filter(Boolean)
      .map((point, i) => (i === 0 ? "M" : "L") + point)
      .join("");
  const last = props.series.map((one) => `${one.name} ${figure(one.values.at(-1), props.digits)}`).join(", ");
  const words = text.value.train;
  return (
    <figure class="curve">
      <figcaption>
        <h3>{props.title}</h3>
        <ul class="legend">
          {props.series.map((one) => (
            <li key={one.name} class={one.kind}>
              {one.name} <b>{figure(one.values.at(-1), props.digits)}</b>
            </li>
          ))}
        </ul>
      </figcaption>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={words.curveText(props.title, last)}>
        {[0, 0.5, 1].map((share) => (
          <g key={share} class="grid">
            <line x1={LEFT} x2={WIDTH - 6} y1={y(share * top)} y2={y(share * top)} />
            <text x={LEFT - 6} y={y(share * top) + 3.5} text-anchor="end">
              {Number((share * top).toPrecision(2))}
            </text>
          </g>
        ))}
        <g class="grid">
          <text x={x(0)} y={HEIGHT - 4}>
            1
          </text>
          <text x={x(count - 1)} y={HEIGHT - 4} text-anchor="end">
            {count}
          </text>
        </g>
        {props.series.map((one) => (
          <path key={one.name} class={one.kind} d={path(one.values)} />
        ))}
        {props.series.map((one) => {
          const at = one.values.length - 1;
          const value = one.values[at];
          if (value === undefined || Number.isNaN(value)) return null;
          return <circle key={one.name} class={one.kind} cx={x(at)} cy={y(value)} r="3" />;
        })}
      </svg>
    </figure>
  );
}
