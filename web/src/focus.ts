/** The focus stays near where it was when what had it goes away, such as a row with its button "Delete". */

const FOCUSABLE = "a[href], button:not(:disabled), input:not(:disabled), select, [tabindex]";

let last: HTMLElement | null = null;
/** The element that had the focus and all around it, from the inside out, each with its place among its siblings. */
let around: { element: Element; place: number }[] = [];

function remember(event: FocusEvent): void {
  if (!(event.target instanceof HTMLElement)) return;
  last = event.target;
  around = [];
  for (let element: Element | null = last; element?.parentElement; element = element.parentElement) {
    around.push({ element, place: [...element.parentElement.children].indexOf(element) });
  }
}

function mend(): void {
  if (last === null || last.isConnected || document.activeElement !== document.body) return;
  const testId = last.dataset["testid"];
  last = null;
  const at = around.findIndex(({ element }) => element.isConnected);
  const place = around[at - 1]?.place;
  if (at < 1 || place === undefined) return;
  const rest = around[at]!.element;
  const beside = rest.children[Math.min(place, rest.children.length - 1)];
  const like = testId ? `[data-testid="${testId}"]` : null;
  const found =
    (like && (beside?.querySelector<HTMLElement>(like) ?? rest.querySelector<HTMLElement>(like))) ||
    beside?.querySelector<HTMLElement>(FOCUSABLE) ||
    rest.querySelector<HTMLElement>(FOCUSABLE) ||
    rest.closest<HTMLElement>("[tabindex]") ||
    document.getElementById("content");
  found?.focus({ preventScroll: true });
}

/** Look after the focus from now on. */
export function keepFocus(): void {
  document.addEventListener("focusin", remember);
  new MutationObserver(mend).observe(document.body, { childList: true, subtree: true });
}
