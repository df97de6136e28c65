/** Adding a label, and what can be done to one: another name, another place, left out of trainings, removed. */

import { signal } from "@preact/signals";
import { labelName, text } from "../i18n";
import { change, isOff, isOwn, meaning, mine, move, recordable } from "../labels";
import { LONGEST } from "../names";
import { moving, put, shelf } from "../shelf";
import { Button, Field, Notice, Switch } from "./controls";
import { Dialog } from "./dialog";

/** The label whose name is asked for; "" for a new one; null while nothing is asked. */
export const naming = signal<string | null>(null);
const name = signal("");
/** Why the name will not do; said in the dialog, as what is behind it cannot be read. */
const refused = signal("");

export function askName(label: string): void {
  name.value = label;
  refused.value = "";
  naming.value = label;
}

async function rename(label: string, to: string): Promise<void> {
  const renamed = (names: string[]) => names.map((one) => (one === label ? to : one));
  const { samples } = await shelf.list(label);
  const back = change({
    own: renamed(mine.peek().own.includes(label) ? mine.peek().own : [...mine.peek().own, label]),
    order: renamed(recordable.peek()),
    off: renamed(mine.peek().off),
  });
  await put(samples, samples, to, () => text.peek().samples.renamed(labelName(label), labelName(to)), back);
}

async function remove(label: string): Promise<void> {
  try {
    const { samples } = await shelf.list(label);
    const without = (names: string[]) => names.filter((one) => one !== label);
    const { own, order, off } = mine.peek();
    const back = change({ own: without(own), order: without(order), off: without(off) });
    await put(samples, samples, "", (n) => text.peek().samples.labelRemoved(labelName(label), n), back);
  } catch (error) {
    shelf.complain(error);
  }
}

export function NameDialog({ onNamed }: { onNamed: (label: string) => void }) {
  const words = text.value.record;
  const old = naming.value;
  const save = async () => {
    const given = name.value.trim();
    if (!given || given === old) return;
    try {
      const means = await meaning(given);
      if (recordable.peek().includes(means) && means !== old) {
        refused.value = words.exists(labelName(means));
        return;
      }
      naming.value = null;
      if (old) await rename(old, means);
      else change({ own: [...mine.peek().own, means] });
      onNamed(means);
    } catch (error) {
      refused.value = shelf.reason(error);
    }
  };
  return (
    <Dialog
      title={old ? text.value.samples.renameTitle(labelName(old)) : words.addTitle}
      onClose={() => (naming.value = null)}
      onSubmit={() => void save()}
      actions={
        <Button kind="primary" type="submit" disabled={!name.value.trim()} testId="save-label">
          {old ? text.value.samples.rename : words.addDo}
        </Button>
      }
    >
      <Field
        label={words.addLabel}
        value={name.value}
        onInput={(value) => {
          name.value = value;
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

/** What can be done to a label of this session. */
export function LabelTools({ label }: { label: string }) {
  const words = text.value.samples;
  const names = recordable.value;
  const at = names.indexOf(label);
  const resting = moving.value || !shelf.open();
  return (
    <div class="label-tools" role="group" aria-label={words.ofLabel(labelName(label))}>
      <Switch
        label={words.learn}
        on={!isOff(label)}
        onChange={(on) =>
          change({ off: on ? mine.peek().off.filter((one) => one !== label) : [...mine.peek().off, label] })
        }
      />
      <Button kind="quiet" label={words.earlier} icon="up" disabled={at <= 0} onClick={() => move(label, -1)} />
      <Button
        kind="quiet"
        label={words.later}
        icon="down"
        disabled={at === names.length - 1}
        onClick={() => move(label, 1)}
      />
      {isOwn(label) && (
        <>
          <Button kind="quiet" icon="pencil" disabled={resting} onClick={() => askName(label)} testId="rename-label">
            {words.rename}
          </Button>
          <Button kind="quiet" icon="bin" disabled={resting} onClick={() => void remove(label)} testId="remove-label">
            {words.removeLabel}
          </Button>
        </>
      )}
    </div>
  );
}
