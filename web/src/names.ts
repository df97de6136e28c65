/** Names of labels as people write them; the same rules as in `fer_ros/core/base/labels.py`. */

/** A number that orders folders, such as in `3_happy`. */
const NUMBER = /^\d+\s*[_.-]\s*(?=\D)/;

/** A name without the differences in writing: case, blanks, a number before it, composed letters. */
export function folded(name: string): string {
  const written = name.normalize("NFC").trim().toLowerCase();
  return written.replace(NUMBER, "").replace(/[_-]/g, " ").trim() || written;
}

/** The label that a name means: the same in other writing, or another name of it (`aliases`); "" for none. */
export function resolve(name: string, labels: readonly string[], aliases: Readonly<Record<string, string>>): string {
  const plain = folded(name);
  const same = labels.find((label) => label === name) ?? labels.find((label) => folded(label) === plain);
  if (same !== undefined) return same;
  const canonical = (one: string) => (Object.hasOwn(aliases, one) ? aliases[one]! : one);
  const meant = labels.filter((label) => canonical(folded(label)) === canonical(plain));
  return meant.length === 1 ? meant[0]! : "";
}

/** Characters of a label at most. */
export const LONGEST = 64;
const UNPRINTABLE = /\p{C}|[^\P{Z} ]/u;

/** Why a name can be no label; null where it can. */
export function unfit(name: string): "comma" | "name" | null {
  if (name.includes(",")) return "comma";
  return name.trim() === name && name && [...name].length <= LONGEST && !UNPRINTABLE.test(name) ? null : "name";
}
