/** The page that needs no server: teach, train and use it, in one view. */

import { kept } from "../../identity";
import { language, text } from "../../i18n";
import { Button, Notice } from "../../parts/controls";
import { Icons } from "../../parts/icons";
import { nextTheme, theme } from "../../theme";
import { Emoticon } from "./emoticon";
import { Project } from "./project";
import { Stage } from "./stage";
import { broken, config, notice, open, speed } from "./state";
import { Teach } from "./teach";
import { Training } from "./training";
import { words } from "./words";

export const mode = kept("alone", ["whole", "thumb"]);

function Bar() {
  const bar = text.value.bar;
  const other = language.value.value === "en" ? "ko" : "en";
  const small = mode.value.value === "thumb";
  return (
    <header class="top">
      <span class="brand">
        <svg viewBox="0 0 32 32" aria-hidden="true">
          <rect width="32" height="32" rx="9" />
          <circle cx="11" cy="13" r="2" />
          <circle cx="21" cy="13" r="2" />
          <path d="M9.5 19.5c3 4.6 10 4.6 13 0" />
        </svg>
        <span>fer_ros</span>
      </span>
      <span class="status private">
        <Icons.check /> <span>{words.value.private}</span>
      </span>
      <div class="tools">
        <Button
          kind="quiet"
          pressed={small}
          onClick={() => mode.set(small ? "whole" : "thumb")}
          testId="mode"
        >
          {small ? words.value.whole : words.value.thumb}
        </Button>
        <Button icon={theme.value.value} kind="quiet" label={bar.theme[theme.value.value]} onClick={nextTheme} />
        <button
          type="button"
          class="button quiet language"
          lang={other}
          aria-label={bar.language}
          title={bar.language}
          onClick={() => language.set(other)}
          data-testid="language"
        >
          {other === "ko" ? "한" : "EN"}
        </button>
      </div>
    </header>
  );
}

function Said() {
  const one = notice.value;
  return (
    <div class="toasts" aria-live="polite">
      {one && (
        <div class={`toast ${one.bad ? "bad" : "good"}`} role={one.bad ? "alert" : undefined} data-testid="said">
          {one.bad ? <Icons.alert /> : <Icons.check />}
          <span>{one.words}</span>
          {one.undo && (
            <Button
              onClick={() => {
                notice.value = null;
                one.undo?.();
              }}
              testId="undo"
            >
              {words.value.undo}
            </Button>
          )}
        </div>
      )}
    </div>
  );
}

export function App() {
  const small = mode.value.value === "thumb";
  return (
    <>
      <Bar />
      <main class={`alone ${small ? "thumb" : ""}`} data-testid="page" data-ready={config.value !== null}>
        <h1 class="hidden">fer_ros</h1>
        {broken.value && (
          <Notice kind="bad" action={<Button onClick={() => void open()}>{words.value.again}</Button>} testId="broken">
            {words.value.broken}: {broken.value}
          </Notice>
        )}
        <div class="seen">
          <Stage />
          <Emoticon />
        </div>
        {!small && (
          <div class="taught">
            <Teach />
            <Training />
            <Project />
            {speed.value > 0 && <p class="hint">{words.value.speed(speed.value.toFixed(0))}</p>}
          </div>
        )}
      </main>
      <Said />
    </>
  );
}
