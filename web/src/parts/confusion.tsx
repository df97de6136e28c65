/** The confusion matrix as a table that is coloured by the share of each row. */

import { labelName, text } from "../i18n";

interface ConfusionProps {
  labels: readonly string[];
  /** Row: shown; column: answered. */
  counts: readonly (readonly number[])[];
  emoticons: (label: string) => readonly string[];
}

export function Confusion({ labels, counts, emoticons }: ConfusionProps) {
  const words = text.value.train;
  const sign = (label: string) => emoticons(label)[0];
  return (
    <div class="confusion" tabIndex={0} role="group" aria-label={words.confusion}>
      <table data-testid="confusion">
        <caption class="hidden">
          {words.confusion}. {words.confusionHint}
        </caption>
        <thead>
          <tr>
            <td />
            {labels.map((label) => (
              <th key={label} scope="col" title={labelName(label)}>
                {sign(label) ? <span class="emoji">{sign(label)}</span> : labelName(label).slice(0, 3)}
                <span class="hidden">{labelName(label)}</span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {counts.map((row, i) => {
            const shown = labels[i] ?? "";
            const sum = row.reduce((a, b) => a + b, 0);
            return (
              <tr key={shown}>
                <th scope="row">
                  {sign(shown) && <span class="emoji">{sign(shown)}</span>} {labelName(shown)}
                </th>
                {row.map((count, j) => {
                  const answered = labels[j] ?? "";
                  const share = sum ? count / sum : 0;
                  return (
                    <td
                      key={answered}
                      class={`${i === j ? "hit" : "miss"} ${share > 0.5 ? "strong" : ""} ${count ? "" : "zero"}`}
                      style={{ "--share": share.toFixed(3) }}
                      title={words.cell(labelName(shown), labelName(answered), count)}
                    >
                      {count}
                    </td>
                  );
                })}
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
