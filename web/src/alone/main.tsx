import { render } from "preact";
import { keepFocus } from "../focus";
import { applyTheme } from "../theme";
import { keepPlace } from "../turning";
import { App } from "./page/app";
import { keepCamera, readFrames, startCamera } from "./page/camera";
import { open } from "./page/state";

applyTheme();
keepFocus();
keepPlace();
render(<App />, document.getElementById("page")!);
void open().then(() => performance.mark("fer-open"));
void startCamera().then(readFrames);
keepCamera();
// Without it the page works, but not without a network.
navigator.serviceWorker?.register("sw.js").catch(() => undefined);
// Asked for once, so that a full disk does not take the pictures away.
void navigator.storage?.persist?.();
