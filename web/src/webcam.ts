/** What keeps a page from this device's camera, as keys of the texts' `camera.errors`. */

import type { Texts } from "./i18n/en";

export type Trouble = keyof Texts["camera"]["errors"];

const NAMES: Record<string, Trouble> = {
  NotAllowedError: "denied",
  SecurityError: "denied",
  NotFoundError: "none",
  OverconstrainedError: "none",
  NotReadableError: "used",
  AbortError: "used",
};

/** Why the page cannot even ask for it; null: it can. */
export function unable(): Trouble | null {
  if (!isSecureContext) return "insecure";
  return navigator.mediaDevices ? null : "unsupported";
}

/** Why the browser did not give it. WebKit's OverconstrainedError is no DOMException. */
export const explained = (error: unknown): Trouble => NAMES[(error as Error).name] ?? "used";
