/** What is wrong with the connection, and the page that asks for the token. */

import { signal } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import { connect, link, reconnect } from "../connection";
import { text } from "../i18n";
import { token } from "../identity";
import { Button, Field, Notice } from "./controls";

/** Losses shorter than this, ms, pass without a word. */
const PATIENCE = 400;

export function LinkBanner() {
  const state = link.value;
  const [, tick] = useState(0);
  const lost = state.state === "lost";
  useEffect(() => {
    if (!lost) return;
    const timer = window.setInterval(() => tick((n) => n + 1), 500);
    return () => window.clearInterval(timer);
  }, [lost]);
  if (state.state !== "lost") return null;
  const waited = performance.now() - state.since;
  if (waited < PATIENCE) return null;
  const words = text.value.link;
  const known: Record<string, string> = {
    ending: words.ending,
    rate: words.rate,
    size: words.size,
    slow: words.slow,
    full: words.full,
    hello: words.version,
  };
  return (
    <div class="banner" role="alert" data-testid="lost">
      <span>{known[state.code] ?? words.lost}</span>
      <span class="waited" aria-hidden="true">
        {words.seconds(Math.round(waited / 1000))}
      </span>
      <Button kind="plain" onClick={connect}>
        {words.retry}
      </Button>
    </div>
  );
}

const typed = signal("");
const tried = signal(false);

export function TokenPage({ message }: { message: string }) {
  const words = text.value.token;
  const open = () => {
    // The whole link may be pasted, too.
    const given = typed.value.trim().replace(/^.*#token=/, "");
    if (!given) return;
    tried.value = true;
    token.set(given);
    reconnect();
  };
  return (
    <main class="token">
      <form
        class="card"
        onSubmit={(event) => {
          event.preventDefault();
          open();
        }}
      >
        <h1>{words.title}</h1>
        <p>{words.why}</p>
        {tried.value && message && <Notice kind="bad">{words.wrong}</Notice>}
        <Field label={words.label} value={typed.value} onInput={(value) => (typed.value = value)} autoFocus />
        <Button kind="primary" type="submit" testId="token-go">
          {words.go}
        </Button>
      </form>
    </main>
  );
}
