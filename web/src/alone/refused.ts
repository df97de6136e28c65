/** What cannot be done, and why, as a code that the page words: page/refusals.ts. */

export type Code =
  /** A training: nothing was taught, or one label only, or another tab took its pictures away meanwhile, or it was ended. */
  | "few"
  | "one"
  | "gone"
  | "cancelled"
  /** There is no model of one's own to hand out. */
  | "none"
  /** The browser keeps no more. */
  | "full"
  /** A network is not the one that the page was exported with. */
  | "stale"
  /** A file: of another kind, too new, with too many or too large parts, damaged, incomplete. */
  | "file_other"
  | "file_newer"
  | "file_many"
  | "file_large"
  | "file_damaged"
  | "file_missing"
  | "file_head"
  | "failed";

export class Refused extends Error {
  /** @param value what the words name, such as a file or a number. */
  constructor(
    readonly code: Code,
    readonly value = "",
  ) {
    super(`${code} ${value}`);
  }
}

/** Any error as one that was worded. */
export function refused(error: unknown): Refused {
  if (error instanceof Refused) return error;
  if (!(error instanceof Error || error instanceof DOMException)) return new Refused("failed", String(error));
  if (error.name === "QuotaExceededError") return new Refused("full");
  return new Refused("failed", error.message || error.name);
}
