/** What the node refused, in words at the edge of the page. */

import { effect } from "@preact/signals";
import { Refusal, link, onMessage } from "./connection";
import { text } from "./i18n";
import { why } from "./i18n/reasons";
import { away, warn } from "./toasts";

export { dismiss, tell, tellUndo, toasts } from "./toasts";

/** Our words for what the node has told as codes; its own sentence is English, for logs and other programs. */
export function reason(error: unknown): string {
  const { errors } = text.peek();
  if (!(error instanceof Refusal)) return errors["failed"]!;
  return why(error.reason) ?? errors[error.code] ?? errors["failed"]!;
}

effect(() => {
  away.value = link.value.state !== "open";
});

export const complain = (error: unknown): void => warn(typeof error === "string" ? error : reason(error));

onMessage((message) => {
  if (message.type === "error" && message.code !== "picture") complain(new Refusal(message.code, message.message));
});
