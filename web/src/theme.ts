/** Light or dark: as the system has it, or as the person chose. */

import { effect } from "@preact/signals";
import { kept } from "./identity";

const CHOICES = ["auto", "light", "dark"] as const;
export type Theme = (typeof CHOICES)[number];

export const theme = kept<Theme>("theme", CHOICES);

const dark = matchMedia("(prefers-color-scheme: dark)");

export function applyTheme(): void {
  const root = document.documentElement;
  effect(() => {
    const apply = () => {
      const chosen = theme.value.value;
      root.dataset["theme"] = chosen === "auto" ? (dark.matches ? "dark" : "light") : chosen;
    };
    apply();
    dark.addEventListener("change", apply);
    return () => dark.removeEventListener("change", apply);
  });
}

export function nextTheme(): void {
  theme.set(CHOICES[(CHOICES.indexOf(theme.value.peek()) + 1) % CHOICES.length]!);
}
