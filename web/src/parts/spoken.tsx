/** The face as an emoticon under the thumb: a large one, the others, and what can be done with them. */

import type { ComponentChildren } from "preact";
import { colour } from "../colours";
import { canShare, choose, copied, copyMessage, copySign, developing, keepPhoto, keyboard, LONGEST, message, share, type Photographer } from "../emoticon";
import { labelName, text } from "../i18n";
import { Button } from "./controls";

interface ActionsProps {
  sign: string;
  /** Null: there is no picture now. */
  photographer: Photographer | null;
  /** Which of them a tap on the emoticon does. */
  first?: "copy" | "photo";
  children?: ComponentChildren;
}

export function Actions({ sign, photographer, first = "copy", children }: ActionsProps) {
  const words = text.value.emoticons;
  return (
    <div class="row">
      {keyboard.value.value === "no" && (
        <>
          <Button
            icon="copy"
            kind={first === "copy" ? "primary" : "plain"}
            label={words.copy}
            disabled={!sign}
            onClick={() => void copySign(sign)}
            testId="copy"
          >
            {words.copy}
          </Button>
          {canShare() && (
            <Button
              icon="send"
              label={words.share}
              disabled={!sign}
              onClick={() => void share(sign)}
              testId="share-sign"
            >
              {words.share}
            </Button>
          )}
        </>
      )}
      <Button
        icon="image"
        kind={first === "photo" ? "primary" : "plain"}
        label={words.save}
        disabled={!sign || !photographer}
        onClick={() => photographer && void keepPhoto(photographer, sign)}
        testId="save-photo"
      >
        <span aria-live="polite">{developing.value ? words.saving : words.save}</span>
      </Button>
      {children}
    </div>
  );
}

interface SpokenProps {
  label: string | null;
  /** Of this label, the best first. */
  signs: readonly string[];
  /** In place of a label and its sign where there is no face. */
  nobody: { title: string; sign: string };
  photographer: Photographer | null;
  children?: ComponentChildren;
}

export function Spoken({ label, signs, nobody, photographer, children }: SpokenProps) {
  const words = text.value.emoticons;
  const sign = signs[0] ?? "";
  return (
    <section class="card speaking" style={{ "--label": label ? colour(label) : "var(--muted)" }}>
      <div class="spoken">
        <button
          type="button"
          class="emoji sign"
          aria-disabled={!sign}
          aria-label={sign ? words.choose(sign) : nobody.title}
          onClick={() => sign && void choose(sign)}
          data-testid="emoticon"
          data-label={label ?? ""}
          data-emoticon={sign}
        >
          {sign || (label ? labelName(label).slice(0, 1).toUpperCase() : nobody.sign)}
        </button>
        <div class="beside">
          <p class="label" dir="auto" title={label ? labelName(label) : undefined}>
            {label ? labelName(label) : nobody.title}
          </p>
          <Actions sign={sign} photographer={photographer} />
          <div class="others" role="group" aria-label={words.candidates} data-testid="candidates">
            {signs.slice(1).map((other) => (
              <button
                key={other}
                type="button"
                class="tile emoji"
                aria-label={words.choose(other)}
                onClick={() => void choose(other)}
              >
                {other}
              </button>
            ))}
          </div>
        </div>
      </div>
      {children}
    </section>
  );
}

/** What the taps gather, above the keyboard. */
export function Message({ children }: { children?: ComponentChildren }) {
  const words = text.value.emoticons;
  return (
    <section class="card message">
      <header>
        <label for="message">{words.message}</label>
        <span class="hint" role="status" data-testid="copied">
          {message.value && copied.value === message.value ? words.isCopied : ""}
        </span>
        <Button
          icon="copy"
          kind="quiet"
          label={words.copy}
          disabled={!message.value}
          onClick={() => void copyMessage()}
          testId="copy"
        />
        {canShare() && (
          <Button
            icon="send"
            kind="quiet"
            label={words.share}
            disabled={!message.value}
            onClick={() => void share(message.peek())}
            testId="share-message"
          />
        )}
        <Button
          icon="bin"
          kind="quiet"
          label={words.clear}
          disabled={!message.value}
          onClick={() => (message.value = "")}
          testId="clear"
        />
        {children}
      </header>
      <textarea
        id="message"
        class="emoji"
        value={message.value}
        maxLength={LONGEST}
        placeholder={words.messageHint}
        onInput={(event) => (message.value = event.currentTarget.value)}
        data-testid="message"
      />
    </section>
  );
}

export function KeyboardSwitch() {
  const words = text.value.emoticons;
  const on = keyboard.value.value === "yes";
  return (
    <Button kind="quiet" icon="keyboard" pressed={on} label={words.keyboard} onClick={() => keyboard.set(on ? "no" : "yes")} testId="keyboard" />
  );
}
