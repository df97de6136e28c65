/** The short words at the edge. */

import { useEffect } from "preact/hooks";
import { text } from "../i18n";
import { TYPING } from "../keys";
import { away, dismiss, stay, toasts, undo } from "../toasts";
import { Button } from "./controls";
import { Icons } from "./icons";

/** Ctrl+Z undoes what was done last, but not while something is typed. */
function undoByKeys(): () => void {
  const down = (event: KeyboardEvent) => {
    const typing = event.target instanceof Element && event.target.closest(TYPING) !== null;
    const asked = (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && event.key === "z";
    if (asked && !typing && undo()) event.preventDefault();
  };
  window.addEventListener("keydown", down);
  return () => window.removeEventListener("keydown", down);
}

export function Toasts() {
  useEffect(undoByKeys, []);
  return (
    <div
      class="toasts"
      aria-live="polite"
      onPointerOver={() => stay(true)}
      onPointerOut={() => stay(false)}
      onFocusIn={() => stay(true)}
      onFocusOut={() => stay(false)}
    >
      {toasts.value.map((toast) => (
        <div
          key={toast.id}
          class={`toast ${toast.kind}`}
          role={toast.kind === "bad" ? "alert" : undefined}
          data-testid="toast"
        >
          {toast.kind === "good" ? <Icons.check /> : <Icons.alert />}
          <span>
            {toast.words}
            {toast.times > 1 && ` ×${toast.times}`}
          </span>
          {toast.undo && (
            <Button kind="plain" disabled={away.value} onClick={() => undo(toast)} testId="undo">
              {text.value.dialog.undo}
            </Button>
          )}
          <Button icon="close" kind="quiet" label={text.value.dialog.close} onClick={() => dismiss(toast.id)} />
        </div>
      ))}
    </div>
  );
}
