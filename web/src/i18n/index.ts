/** The language: chosen by the person, else the browser's. */

import { computed, effect } from "@preact/signals";
import { kept } from "../identity";
import { en, type Texts } from "./en";
import { ko } from "./ko";

export type Language = "en" | "ko";

const texts: Record<Language, Texts> = { en, ko };
const browsers: Language = navigator.language.toLowerCase().startsWith("ko") ? "ko" : "en";

export const language = kept<Language>("language", ["en", "ko"], browsers);

/** Signal with all texts. */
export const text = computed(() => texts[language.value.value]);

effect(() => {
  document.documentElement.lang = language.value.value;
  document.title = text.value.title;
});

/** A label for people: translated where it is one of the known, else as it was taught. */
export function labelName(label: string): string {
  return text.value.labels[label] ?? label;
}

/** "87 %" in one piece, "–" where unknown. */
export function percent(share: number | null | undefined, digits = 0): string {
  return share === null || share === undefined || Number.isNaN(share) ? "–" : `${(share * 100).toFixed(digits)}\u00a0%`;
}

/** A figure with so many digits behind the point, "–" where unknown. */
export function figure(value: number | null | undefined, digits = 0): string {
  return value === null || value === undefined || Number.isNaN(value) ? "–" : value.toFixed(digits);
}

export function bytes(value: number | null | undefined): string {
  if (value === null || value === undefined) return "–";
  return value < 1e6 ? `${Math.max(1, Math.round(value / 1e3))} kB` : `${(value / 1e6).toFixed(1)} MB`;
}

export function day(stamp: number | null | undefined): string {
  if (stamp === null || stamp === undefined) return "–";
  return new Intl.DateTimeFormat(language.value.value, { dateStyle: "medium", timeStyle: "short" }).format(stamp);
}
