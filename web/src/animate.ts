/** One animation loop for everything that moves; it stands still while nothing asks for it. */

import { useEffect, useRef } from "preact/hooks";

/** Gets the time and the seconds since the last frame. */
type Step = (time: number, seconds: number) => void;

const steps = new Set<Step>();
const still = matchMedia("(prefers-reduced-motion: reduce)");
let handle = 0;
let last = 0;

/** Seconds between two frames: some 30 a second look smooth, and a robot's own screen is drawn by its CPU. */
const PERIOD = 0.025;

/** For people who want no motion, values jump instead of gliding, and what is decoration stands still. */
export const reducedMotion = (): boolean => still.matches;

function run(time: number): void {
  handle = requestAnimationFrame(run);
  const seconds = (time - last) / 1000;
  if (seconds < PERIOD) return;
  last = time;
  for (const step of steps) step(time, Math.min(seconds, 1));
}

export function onFrame(step: Step): () => void {
  steps.add(step);
  if (steps.size === 1) {
    last = performance.now();
    handle = requestAnimationFrame(run);
  }
  return () => {
    steps.delete(step);
    if (steps.size === 0) cancelAnimationFrame(handle);
  };
}

/** Call `step` on every frame while the component is shown. */
export function useFrame(step: Step): void {
  const latest = useRef(step);
  latest.current = step;
  useEffect(() => onFrame((time, seconds) => latest.current(time, seconds)), []);
}

/** Share of the way to its target that a value goes in so many seconds, with this time constant. */
export const approach = (seconds: number, constant: number): number =>
  still.matches ? 1 : 1 - Math.exp(-seconds / constant);
