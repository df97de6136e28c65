/** The frame around the pages: bar, navigation, what is wrong with the connection, short words at the edge. */

import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { link } from "./connection";
import { text } from "./i18n";
import { Announcer } from "./parts/announcer";
import { Mark, Tastes } from "./parts/bar";
import { LinkBanner, TokenPage } from "./parts/link";
import { Button } from "./parts/controls";
import { Icons } from "./parts/icons";
import { ShareDialog } from "./parts/share";
import { Toasts } from "./parts/toasts";
import { TABS, tab } from "./route";
import { sending } from "./sender";
import { camera } from "./state";
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
  return (
    <header class="top">
      <a class="brand" href="#watch" aria-label="fer_ros">
        <Mark />
      </a>
      <Navigation />
      <div class="tools">
        {sending.value && camera.value?.sender === "me" && (
          <a class="status sending" href="#camera">
            <span class="dot" /> <span class="words">{words.sending}</span>
          </a>
        )}
        <span class={`status ${state}`} role="status" title={words[state]} data-testid="link" data-state={state}>
          {state === "lost" ? <Icons.alert /> : <span class="dot" />} <span class="words">{words[state]}</span>
        </span>
        <Button icon="share" kind="quiet" label={words.share} onClick={() => (sharing.value = true)} testId="share" />
        <Tastes />
      </div>
    </header>
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
