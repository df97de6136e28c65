/** The focus stays near where it was when what had it goes away, such as a row with its button "Delete". */

const FOCUSABLE = "a[href], button:not(:disabled), input:not(:disabled, [type='file']), select, [tabindex]:not(input)";
/** Places that are remembered. */
const MOST = 64;

interface Place {
  element: HTMLElement;
  /** It and all around it, from the inside out, each with its number among its siblings. */
  around: { element: Element; at: number }[];
}

/** Where the focus was, the last place first. */
let places: Place[] = [];

function remember({ target: element }: FocusEvent): void {
  if (!(element instanceof HTMLElement)) return;
  const around: Place["around"] = [];
  for (let one: Element | null = element; one?.parentElement; one = one.parentElement) {
    around.push({ element: one, at: [...one.parentElement.children].indexOf(one) });
  }
  places = [{ element, around }, ...places.filter((place) => place.element !== element)].slice(0, MOST);
}

const first = (element: Element | undefined | null): HTMLElement | null | undefined =>
  element?.matches(FOCUSABLE) ? (element as HTMLElement) : element?.querySelector<HTMLElement>(FOCUSABLE);

/** What stands now where an element that is gone has stood, or beside it. */
function near({ element, around }: Place): HTMLElement | null | undefined {
  const level = around.findIndex((one) => one.element.isConnected);
  if (level < 1) return null;
  const rest = around[level]!.element;
  // A dialog that is closed leads back to what opened it; and where things come and go by themselves, nothing stays.
  if (around.slice(0, level).some((one) => one.element.matches("dialog")) || rest.closest("[aria-live]")) return null;
  const { at } = around[level - 1]!;
  const all = [...rest.children];
  const beside = all[Math.min(at, all.length - 1)];
  const testId = element.dataset["testid"];
  const like = testId ? `[data-testid="${testId}"]` : null;
  return (
    (like && (beside?.querySelector<HTMLElement>(like) ?? rest.querySelector<HTMLElement>(like))) ||
    [...all.slice(at), ...all.slice(0, at).reverse()].map(first).find(Boolean) ||
    first(rest) ||
    rest.closest<HTMLElement>("[tabindex]") ||
    first(rest.closest("dialog"))
  );
}

function mend(): void {
  if (!places[0] || places[0].element.isConnected || document.activeElement !== document.body) return;
  for (const place of places) {
    const found = place.element.isConnected ? place.element : near(place);
    found?.focus({ preventScroll: true });
    if (document.activeElement !== document.body) break;
  }
  if (document.activeElement === document.body) document.getElementById("content")?.focus({ preventScroll: true });
  places = places.filter(({ element }) => element.isConnected);
}

/** Look after the focus from now on. */
export function keepFocus(): void {
  document.addEventListener("focusin", remember);
  new MutationObserver(mend).observe(document.body, { childList: true, subtree: true });
}
