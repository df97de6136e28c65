/** Big buttons to hold, how many pictures there are of each, and the takes. */

import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { link, reconnect } from "../connection";
import { arriving, recorded } from "../counts";
import { readings } from "../faces";
import { answered } from "../files";
import { byTap, held, holdingByKeys, letGo, press, release, said, subject, toggle } from "../hold";
import { text } from "../i18n";
import { why } from "../i18n/reasons";
import { newSession, resumeSession, sessionId } from "../identity";
import { isOff, recordable, taught } from "../labels";
import { Button, Field, LAUNCH, Notice, Switch } from "../parts/controls";
import { HoldButton } from "../parts/hold_button";
import { Icons } from "../parts/icons";
import { NameDialog, askName, naming } from "../parts/labels";
import { Preview, catchDrops, tried } from "../parts/preview";
import { Samples, addShown, shown } from "../parts/samples";
import { Stage } from "../parts/stage";
import { TakeList } from "../parts/takes";
import { go } from "../route";
import { nodes, record, welcome } from "../state";
import { complain, tellUndo } from "../toast";

/** The session before this one, for the way back; null where there was none. */
const before = signal<{ session: string; subject: string } | null>(null);

const advised = () => welcome.value?.advised ?? 100;

function Hold({ label, index, disabled }: { label: string; index: number; disabled: boolean }) {
  const words = text.value.record;
  const count = recorded(label);
  const on = held.value === label;
  const starting = on && arriving.value !== label;
  const key = index < 9 ? `, ${words.key(index + 1)}` : "";
  return (
    <HoldButton
      {...{ label, index, disabled, count, on, starting, press, letGo, toggle }}
      sign={welcome.value?.emoticons[label]?.[0]}
      enough={advised()}
      off={isOff(label)}
      said={`${words.samples(count, advised())}${key}`}
      onFiles={(files) => addShown(label, files)}
    >
      <small> {starting ? words.starting : `/ ${advised()}`}</small>
    </HoldButton>
  );
}

function nextPerson(): void {
  const who = { session: sessionId(), subject: subject.peek() };
  before.value = who;
  release();
  newSession();
  subject.value = "";
  reconnect();
  tellUndo(text.peek().record.sessionDone, () => goBack(who));
}

function goBack(who: { session: string; subject: string }): void {
  before.value = null;
  release();
  resumeSession(who.session);
  subject.value = who.subject;
  reconnect();
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
  useEffect(catchDrops, []);
  const names = recordable.value;
  const online = link.value.state === "open";
  const blocked = !online || !nodes.value?.recorder || record.value?.holder === "other";
  const tapping = byTap.value.value === "yes";
  const done = taught.value.filter((label) => recorded(label) >= advised()).length;
  const back = before.value;
  const fresh = back !== null && back.session !== sessionId() && !names.some((label) => recorded(label) > 0);
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
          <Button icon="person" onClick={nextPerson} label={`${words.session}. ${words.sessionHint}`} testId="next-person">
            {words.session}
          </Button>
          {fresh && (
            <Button kind="quiet" onClick={() => goBack(back)} testId="person-before">
              {words.personBefore}
            </Button>
          )}
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
            <button type="button" class="hold add" onClick={() => askName("")} data-testid="add-label">
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
        <Samples />
        <TakeList />
        <div class="hidden" aria-live="polite" data-testid="said">
          {said.value}
        </div>
      </div>
      {tried.value && (
        <Preview
          files={tried.value}
          answer={answered}
          sign={(label) => welcome.value?.emoticons[label]?.[0]}
          labels={names}
          onAdd={addShown}
          onFail={complain}
        />
      )}
      {naming.value !== null && <NameDialog onNamed={(label) => shown.peek() !== null && (shown.value = label)} />}
    </>
  );
}
