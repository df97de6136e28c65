/** The address for other devices, as a QR code. */

import { text } from "../i18n";
import { copy } from "../copy";
import { welcome } from "../state";
import { complain, tell } from "../toast";
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
  return (
    <Dialog title={words.title} onClose={onClose}>
      {share ? (
        <div class="share">
          <Code rows={share.qr} label={words.qr} />
          <p>{words.scan}</p>
          <p class="address">{share.url}</p>
          <Button
            icon="copy"
            onClick={() =>
              copy(share.url).then(
                () => tell(text.peek().emoticons.copied(text.peek().share.copy)),
                () => complain(text.peek().emoticons.notCopied),
              )
            }
          >
            {words.copy}
          </Button>
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
