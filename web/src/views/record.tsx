/** Big buttons to hold, how many pictures there are of each, and the takes. */

import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { link, reconnect } from "../connection";
import { readings } from "../faces";
import { byTap, held, holdingByKeys, letGo, press, release, running, said, subject, toggle } from "../hold";
import { labelName, text } from "../i18n";
import { why } from "../i18n/reasons";
import { newSession, resumeSession, sessionId } from "../identity";
import { LONGEST, change, meaning, mine, recordable, taught } from "../labels";
import { Button, Field, LAUNCH, Notice, Switch } from "../parts/controls";
import { Dialog } from "../parts/dialog";
import { HoldButton } from "../parts/hold_button";
import { Icons } from "../parts/icons";
import { Stage } from "../parts/stage";
import { TakeList } from "../parts/takes";
import { go } from "../route";
import { nodes, record, takes, welcome } from "../state";
import { reason, tellUndo } from "../toast";

const adding = signal(false);
const leaving = signal(false);
const fresh = signal("");
/** Why the label was not added; said in the dialog, as what is behind it cannot be read. */
const refused = signal("");

const advised = () => welcome.value?.advised ?? 100;
const recorded = (label: string) => (takes.value?.counts[label] ?? 0) + running(label);

function Hold({ label, index, disabled }: { label: string; index: number; disabled: boolean }) {
  const words = text.value.record;
  const count = recorded(label);
  const key = index < 9 ? `, ${words.key(index + 1)}` : "";
  return (
    <HoldButton
      {...{ label, index, disabled, count, press, letGo, toggle }}
      sign={welcome.value?.emoticons[label]?.[0]}
      enough={advised()}
      on={held.value === label}
      name={`${labelName(label)}, ${words.samples(count, advised())}${key}`}
    >
      <small> / {advised()}</small>
    </HoldButton>
  );
}

function AddLabel() {
  const words = text.value.record;
  const add = async () => {
    const label = fresh.value.trim();
    if (!label) return;
    try {
      const means = await meaning(label);
      if (recordable.peek().includes(means)) {
        refused.value = words.exists(labelName(means));
        return;
      }
      change({ own: [...mine.peek().own, means] });
      adding.value = false;
      fresh.value = "";
    } catch (error) {
      refused.value = reason(error);
    }
  };
  return (
    <Dialog
      title={words.addTitle}
      onClose={() => {
        adding.value = false;
        refused.value = "";
      }}
      onSubmit={add}
      actions={
        <Button kind="primary" type="submit" disabled={!fresh.value.trim()}>
          {words.addDo}
        </Button>
      }
    >
      <Field
        label={words.addLabel}
        value={fresh.value}
        onInput={(value) => {
          fresh.value = value;
          refused.value = "";
        }}
        placeholder={words.addPlaceholder}
        maxLength={LONGEST}
        autoFocus
      />
      {refused.value && (
        <Notice kind="bad" testId="refused">
          {refused.value}
        </Notice>
      )}
    </Dialog>
  );
}

function nextPerson(): void {
  const [before, who] = [sessionId(), subject.peek()];
  leaving.value = false;
  release();
  newSession();
  subject.value = "";
  reconnect();
  tellUndo(text.peek().record.sessionDone, () => {
    release();
    resumeSession(before);
    subject.value = who;
    reconnect();
  });
}

function NextPerson() {
  const words = text.value.record;
  return (
    <Dialog
      title={words.sessionTitle}
      onClose={() => (leaving.value = false)}
      onSubmit={nextPerson}
      actions={
        <Button kind="primary" type="submit" testId="next-person-yes">
          {words.session}
        </Button>
      }
    >
      <p>{words.sessionText}</p>
    </Dialog>
  );
}

function Hint() {
  const words = text.value.record;
  const now = record.value;
  const failed = now?.state === "failed" ? (why(now.reason) ?? text.value.errors["failed"]!) : "";
  if (nodes.value?.recorder === false) {
    return (
      <Notice kind="warn" command={LAUNCH} testId="no-recorder">
        {words.noRecorder}
      </Notice>
    );
  }
  if (failed) {
    return (
      <Notice kind="bad">
        {words.failed}: {failed}
      </Notice>
    );
  }
  return null;
}

/** What comes and goes while buttons are held: it stands over the picture, so that no button moves under a finger. */
function passing(): { words: string; testId: string } | null {
  const words = text.value.record;
  const now = record.value;
  if (now?.holder === "other") return { words: words.other, testId: "other" };
  if (readings.value.length === 0) return { words: words.noFace, testId: "no-face" };
  if (now?.holder === "me" && now.dropped > 0) return { words: words.dropped(now.dropped), testId: "dropped" };
  return null;
}

export function RecordView() {
  const words = text.value.record;
  useEffect(() => holdingByKeys(() => recordable.peek()), []);
  const names = recordable.value;
  const online = link.value.state === "open";
  const blocked = !online || !nodes.value?.recorder || record.value?.holder === "other";
  const tapping = byTap.value.value === "yes";
  const done = taught.value.filter((label) => recorded(label) >= advised()).length;
  // Counters that stand at zero can be emptied without a question.
  const restart = () => (names.some((label) => recorded(label) > 0) ? (leaving.value = true) : nextPerson());
  return (
    <>
      <div class="left">
        <Stage compact note={passing()} />
        <section class="card person">
          <Field
            label={words.subject}
            value={subject.value}
            onInput={(value) => (subject.value = value)}
            placeholder={words.subjectHint}
            maxLength={64}
          />
          <Button icon="person" onClick={restart} label={`${words.session}. ${words.sessionHint}`} testId="next-person">
            {words.session}
          </Button>
        </section>
      </div>
      <div class="right">
        <section class="card holding" aria-label={words.title}>
          <header>
            <h2>{tapping ? words.tapTitle : words.title}</h2>
            <p class={tapping ? "hint" : "hint keys"}>{tapping ? words.tapHint : words.hint}</p>
          </header>
          <Hint />
          <div class="buttons">
            {names.map((label, index) => (
              <Hold key={label} label={label} index={index} disabled={blocked} />
            ))}
            <button type="button" class="hold add" onClick={() => (adding.value = true)} data-testid="add-label">
              <Icons.plus />
              <span class="name">{words.add}</span>
            </button>
          </div>
          <div class="under">
            <Switch
              label={words.tap}
              on={tapping}
              onChange={(on) => {
                release();
                byTap.set(on ? "yes" : "no");
              }}
            />
            <span class="progress-words">{words.progress(done, taught.value.length)}</span>
          </div>
          {done === taught.value.length && done > 0 && (
            <Notice
              kind="good"
              action={
                <Button kind="primary" onClick={() => go("train")}>
                  {words.toTrain}
                </Button>
              }
            >
              {words.complete}
            </Notice>
          )}
        </section>
        <TakeList />
        <div class="hidden" aria-live="polite" data-testid="said">
          {said.value}
        </div>
      </div>
      {adding.value && <AddLabel />}
      {leaving.value && <NextPerson />}
    </>
  );
}
