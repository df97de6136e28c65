/** The frame around the pages: bar, navigation, what is wrong with the connection, short words at the edge. */

import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { link } from "./connection";
import { language, text } from "./i18n";
import { Announcer } from "./parts/announcer";
import { LinkBanner, TokenPage } from "./parts/link";
import { Button } from "./parts/controls";
import { Icons } from "./parts/icons";
import { ShareDialog } from "./parts/share";
import { TABS, tab } from "./route";
import { sending } from "./sender";
import { camera } from "./state";
import { nextTheme, theme } from "./theme";
import { dismiss, toasts } from "./toast";
import { CameraView } from "./views/camera";
import { EmoticonsView } from "./views/emoticons";
import { ModelsView } from "./views/models";
import { RecordView } from "./views/record";
import { TrainView } from "./views/train";
import { WatchView } from "./views/watch";

const VIEWS = {
  watch: WatchView,
  record: RecordView,
  train: TrainView,
  models: ModelsView,
  emoticons: EmoticonsView,
  camera: CameraView,
};

const sharing = signal(false);

function Navigation() {
  const words = text.value;
  return (
    <nav aria-label={words.navigation}>
      {TABS.map((name) => {
        const Picture = Icons[name];
        return (
          <a key={name} href={`#${name}`} aria-current={tab.value === name ? "page" : undefined}>
            <Picture />
            <span>{words.tabs[name]}</span>
          </a>
        );
      })}
    </nav>
  );
}

function Bar() {
  const words = text.value.bar;
  const state = link.value.state === "open" ? "connected" : link.value.state === "connecting" ? "connecting" : "lost";
  const other = language.value.value === "en" ? "ko" : "en";
  return (
    <header class="top">
      <a class="brand" href="#watch" aria-label="fer_ros">
        <svg viewBox="0 0 32 32" aria-hidden="true">
          <rect width="32" height="32" rx="9" />
          <circle cx="11" cy="13" r="2" />
          <circle cx="21" cy="13" r="2" />
          <path d="M9.5 19.5c3 4.6 10 4.6 13 0" />
        </svg>
        <span>fer_ros</span>
      </a>
      <Navigation />
      <div class="tools">
        {sending.value && camera.value?.sender === "me" && (
          <a class="status sending" href="#camera">
            <span class="dot" /> <span class="words">{words.sending}</span>
          </a>
        )}
        <span class={`status ${state}`} role="status" data-testid="link" data-state={state}>
          <span class="dot" /> <span class="words">{words[state]}</span>
        </span>
        <Button icon="share" kind="quiet" label={words.share} onClick={() => (sharing.value = true)} testId="share" />
        <Button
          icon={theme.value.value}
          kind="quiet"
          label={words.theme[theme.value.value]}
          onClick={nextTheme}
          testId="theme"
        />
        <button
          type="button"
          class="button quiet language"
          lang={other}
          aria-label={words.language}
          title={words.language}
          onClick={() => language.set(other)}
          data-testid="language"
        >
          {other === "ko" ? "한" : "EN"}
        </button>
      </div>
    </header>
  );
}

function Toasts() {
  return (
    <div class="toasts" aria-live="polite">
      {toasts.value.map((toast) => (
        <div key={toast.id} class={`toast ${toast.kind}`} role={toast.kind === "bad" ? "alert" : undefined}>
          {toast.kind === "good" ? <Icons.check /> : <Icons.alert />}
          <span>{toast.words}</span>
          {toast.undo && (
            <Button
              kind="plain"
              onClick={() => {
                dismiss(toast.id);
                toast.undo?.();
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

export function App() {
  const View = VIEWS[tab.value];
  const name = text.value.tabs[tab.value];
  useEffect(() => {
    document.title = `${name} · fer_ros`;
  }, [name]);
  if (link.value.state === "token") return <TokenPage message={link.value.message} />;
  return (
    <>
      <a class="skip" href="#content" onClick={(event) => skip(event)}>
        {text.value.skip}
      </a>
      <Bar />
      <LinkBanner />
      <main id="content" tabIndex={-1} class={`view ${tab.value}`}>
        <h1 class="hidden">{name}</h1>
        <View />
      </main>
      <Announcer />
      <Toasts />
      {sharing.value && <ShareDialog onClose={() => (sharing.value = false)} />}
    </>
  );
}

/** The fragment of the address names the page that is shown, so the link moves the focus itself. */
function skip(event: Event): void {
  event.preventDefault();
  document.getElementById("content")?.focus();
}
