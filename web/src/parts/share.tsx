/** The address for other devices, as a QR code. */

import { useState } from "preact/hooks";
import { copy } from "../copy";
import { text } from "../i18n";
import { welcome } from "../state";
import { Button, Notice } from "./controls";
import { Dialog } from "./dialog";

/** Modules of light around the code, as ISO/IEC 18004 wants. */
const QUIET = 4;

function Code({ rows, label }: { rows: string[]; label: string }) {
  const side = rows.length + 2 * QUIET;
  const path = rows
    .flatMap((row, y) => [...row].map((module, x) => (module === "1" ? `M${x + QUIET} ${y + QUIET}h1v1h-1z` : "")))
    .join("");
  return (
    <svg class="qr" viewBox={`0 0 ${side} ${side}`} role="img" aria-label={label} shape-rendering="crispEdges">
      <rect width={side} height={side} fill="#fff" />
      <path d={path} fill="#000" />
    </svg>
  );
}

export function ShareDialog({ onClose }: { onClose: () => void }) {
  const words = text.value.share;
  const share = welcome.value?.share;
  // Said here: what is behind the dialog cannot be read.
  const [copied, setCopied] = useState<boolean | null>(null);
  return (
    <Dialog title={words.title} onClose={onClose}>
      {share ? (
        <div class="share">
          <Code rows={share.qr} label={words.qr} />
          <p>{words.scan}</p>
          <p class="address">{share.url}</p>
          <Button
            icon={copied ? "check" : "copy"}
            onClick={() =>
              void copy(share.url).then(
                () => setCopied(true),
                () => setCopied(false),
              )
            }
            testId="copy-address"
          >
            <span aria-live="polite">{copied ? words.copied : words.copy}</span>
          </Button>
          {copied === false && <Notice kind="bad">{text.value.emoticons.notCopied}</Notice>}
          <p class="hint">{words.secret}</p>
          {!welcome.value?.secure && <Notice kind="warn">{words.plain}</Notice>}
        </div>
      ) : (
        <Notice
          kind="info"
          command="fer live --dashboard --set dashboard.host=0.0.0.0 --set dashboard.self_signed=true"
        >
          {words.local}
        </Notice>
      )}
    </Dialog>
  );
}
