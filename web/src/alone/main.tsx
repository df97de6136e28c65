import { render } from "preact";
import { keepFocus } from "../focus";
import { fill } from "../shelf";
import { applyTheme } from "../theme";
import { keepPlace } from "../turning";
import { App } from "./page/app";
import { keepCamera, readFrames, startCamera } from "./page/camera";
import { browsers } from "./page/shelf";
import { open, renewed } from "./page/state";

applyTheme();
fill(browsers);
keepFocus();
keepPlace();
render(<App />, document.getElementById("page")!);
void open().then(() => performance.mark("fer-open"));
void startCamera().then(readFrames);
keepCamera();
// Without it the page works, but not without a network. Another one takes over when the page was exported again.
const { serviceWorker } = navigator;
let known = serviceWorker?.controller;
serviceWorker?.addEventListener("controllerchange", () => {
  if (known) renewed.value = true;
  known = serviceWorker.controller;
});
serviceWorker?.register("sw.js").catch(() => undefined);
// Asked for once, so that a full disk does not take the pictures away.
navigator.storage?.persist?.().catch(() => undefined);
