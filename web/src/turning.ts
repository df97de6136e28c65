/** A turned phone lays the page out anew: what the person was looking at stays on the screen. */

/** Where on the screen one looks, shares of its height and width: the first place that nothing stands over. */
const DOWN = [0.35, 0.5, 0.7, 0.85];
const ACROSS = [0.5, 0.75, 0.25];
/** At the page's end one looks so far down at least. */
const END = 0.7;
/** Ms after a turn in which the browser itself scrolls. */
const SETTLE = 500;

/** From the inside out, since the innermost may be gone; each with the share of its height that was looked at. */
let looked: { element: Element; share: number }[] = [];
/** Where on the screen it was. */
let down = 0;
let turnedAt = -Infinity;
let width = window.innerWidth;

/** What stays in its place whatever is scrolled, such as a bar. */
function stands(element: Element): boolean {
  for (let one: Element | null = element; one; one = one.parentElement) {
    const { display, position } = getComputedStyle(one);
    if (display !== "contents" && /fixed|sticky/.test(position)) return true;
  }
  return false;
}

/** What is scrolled at a height of the screen. */
const under = (at: number): Element[] =>
  ACROSS.map((across) => document.elementFromPoint(across * window.innerWidth, at * window.innerHeight)).filter(
    (element): element is Element => element !== null && !stands(element),
  );

function remember(): void {
  if (performance.now() - turnedAt < SETTLE) return;
  looked = [];
  if (window.scrollY === 0) return; // the top stays the top
  const end = document.documentElement.scrollHeight - window.innerHeight;
  for (down of DOWN.filter((at) => at >= (END * window.scrollY) / end)) {
    // The gap between two columns tells nothing.
    let element = under(down).find((one) => one.closest("main *") && one.clientHeight < window.innerHeight);
    for (; element?.closest("main *"); element = element.parentElement ?? undefined) {
      const { top, height } = element.getBoundingClientRect();
      looked.push({ element, share: (down * window.innerHeight - top) / height });
    }
    if (looked.length) return;
  }
}

function turned(): void {
  if (window.innerWidth === width) return;
  width = window.innerWidth;
  const seen = looked.find(({ element }) => element.isConnected && element.getClientRects().length > 0);
  if (!seen) return;
  turnedAt = performance.now();
  const free = DOWN.find((at) => under(at).length) ?? 0;
  const { top, height } = seen.element.getBoundingClientRect();
  const to = Math.max(down, free) * window.innerHeight;
  window.scrollBy({ top: top + seen.share * height - to, behavior: "instant" });
}

/** Look after it from now on. */
export function keepPlace(): void {
  document.addEventListener("scroll", remember, { passive: true });
  window.addEventListener("resize", turned);
  // What comes late moves what is below it, and nothing is scrolled.
  new ResizeObserver(remember).observe(document.body);
}
