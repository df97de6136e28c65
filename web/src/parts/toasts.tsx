/** The short words at the edge. */

import { text } from "../i18n";
import { dismiss, toasts } from "../toasts";
import { Button } from "./controls";
import { Icons } from "./icons";

export function Toasts() {
  return (
    <div class="toasts" aria-live="polite">
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
            <Button
              kind="plain"
              onClick={() => {
                dismiss(toast.id);
                void toast.undo?.();
              }}
              testId="undo"
            >
              {text.value.dialog.undo}
            </Button>
          )}
          <Button icon="close" kind="quiet" label={text.value.dialog.close} onClick={() => dismiss(toast.id)} />
        </div>
      ))}
    </div>
  );
}
