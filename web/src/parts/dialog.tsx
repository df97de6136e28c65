/** A modal dialog of the browser's own kind: it keeps the focus, and Escape closes it. */

import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { text } from "../i18n";
import { Button } from "./controls";

interface DialogProps {
  title: string;
  children: ComponentChildren;
  onClose: () => void;
  /** Buttons beside "Cancel"; without any, only the cross closes. */
  actions?: ComponentChildren;
  onSubmit?: () => void;
}

export function Dialog(props: DialogProps) {
  const element = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => element.current?.showModal(), []);
  const words = text.value.dialog;
  return (
    <dialog
      ref={element}
      aria-labelledby={id}
      onClose={props.onClose}
      onClick={(event) => event.target === element.current && element.current?.close()}
    >
      <form
        method="dialog"
        onSubmit={(event) => {
          event.preventDefault();
          props.onSubmit?.();
        }}
      >
        <header>
          <h2 id={id}>{props.title}</h2>
          <Button icon="close" kind="quiet" label={words.close} onClick={() => element.current?.close()} />
        </header>
        <div class="content">{props.children}</div>
        {props.actions && (
          <footer>
            <Button kind="plain" onClick={() => element.current?.close()}>
              {words.cancel}
            </Button>
            {props.actions}
          </footer>
        )}
      </form>
    </dialog>
  );
}
