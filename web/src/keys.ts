/** The keys 1 to 9, which hold the labels in their order. */

/** Where keys mean something else; a switch takes none but space. */
export const TYPING = "input:not([type=checkbox], [type=radio]), textarea, select, dialog";
/** Keys that choose the first labels. */
const KEYS = 9;

/**
 * Wherever the focus is, but not while something is typed.
 * @returns what ends it.
 */
export function holdByKeys(
  names: () => string[],
  press: (label: string) => void,
  letGo: (label: string) => void,
): () => void {
  const typing = (event: KeyboardEvent) =>
    event.target instanceof HTMLElement && event.target.closest(TYPING) !== null;
  const which = (event: KeyboardEvent) => {
    const digit = /^(?:Digit|Numpad)([1-9])$/.exec(event.code)?.[1] ?? event.key;
    const at = Number(digit) - 1;
    return at >= 0 && at < KEYS ? names()[at] : undefined;
  };
  const down = (event: KeyboardEvent) => {
    if (event.repeat || event.ctrlKey || event.metaKey || event.altKey || typing(event)) return;
    const label = which(event);
    if (label !== undefined) press(label);
  };
  const up = (event: KeyboardEvent) => {
    const label = which(event);
    if (label !== undefined) letGo(label);
  };
  window.addEventListener("keydown", down);
  window.addEventListener("keyup", up);
  return () => {
    window.removeEventListener("keydown", down);
    window.removeEventListener("keyup", up);
  };
}
