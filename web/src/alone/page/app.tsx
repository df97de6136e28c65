/** The page that needs no server: teach, train and use it, in one view. */

import { keyboard } from "../../emoticon";
import { Mark, Tastes } from "../../parts/bar";
import { Button, Notice } from "../../parts/controls";
import { Icons } from "../../parts/icons";
import { KeyboardSwitch, Message } from "../../parts/spoken";
import { Toasts } from "../../parts/toasts";
import { Emoticon } from "./emoticon";
import { Project } from "./project";
import { Stage } from "./stage";
import { broken, config, renewed, speed } from "./state";
import { Teach } from "./teach";
import { Training } from "./training";
import { words } from "./words";

function Bar() {
  return (
    <header class="top">
      <span class="brand">
        <Mark />
      </span>
      <span class="status private">
        <Icons.check /> <span>{words.value.private}</span>
      </span>
      <div class="tools">
        <KeyboardSwitch />
        <Tastes />
      </div>
    </header>
  );
}

export function App() {
  const typing = keyboard.value.value === "yes";
  return (
    <>
      <Bar />
      <main class={`alone ${typing ? "typing" : ""}`} data-testid="page" data-ready={config.value !== null}>
        <h1 class="hidden">fer_ros</h1>
        {broken.value && (
          <Notice kind="bad" action={<Button onClick={() => location.reload()}>{words.value.again}</Button>} testId="broken">
            {words.value.broken}: {broken.value}
          </Notice>
        )}
        {renewed.value && (
          <Notice kind="info" action={<Button onClick={() => location.reload()}>{words.value.reload}</Button>} testId="renewed">
            {words.value.renewed}
          </Notice>
        )}
        {typing && <Message />}
        <div class="seen">
          <Stage />
          <Emoticon />
        </div>
        {!typing && (
          <div class="taught">
            <Teach />
            <Training />
            <Project />
            {speed.value > 0 && <p class="hint">{words.value.speed(speed.value.toFixed(0))}</p>}
          </div>
        )}
      </main>
      <Toasts />
    </>
  );
}
