/** How many pictures of each label were read rightly: also what a model shows that learned in no epochs. */

import { labelName, text } from "../i18n";

interface Of {
  label: string;
  right: number;
  /** Pictures that were shown. */
  of: number;
}

export function Each({ rows }: { rows: Of[] }) {
  const words = text.value.train;
  return (
    <>
      <h3>{words.each}</h3>
      <ul data-testid="each">
        {rows
          .filter((row) => row.of > 0)
          .map(({ label, right, of }) => (
            <li key={label}>{words.right(labelName(label), right, of)}</li>
          ))}
      </ul>
    </>
  );
}
