/** The models that there are: which is in use, how good each is, and what can be done with it. */

import { signal } from "@preact/signals";
import { link, request } from "../connection";
import { bytes, day, labelName, percent, text } from "../i18n";
import { why } from "../i18n/reasons";
import { Button, Field, Notice } from "../parts/controls";
import { Dialog } from "../parts/dialog";
import { OwnProject } from "../parts/own_project";
import { ElsewhereDialog } from "../parts/elsewhere";
import type { ModelEntry } from "../protocol";
import { models, nodes, welcome } from "../state";
import { complain, tell } from "../toast";

const busy = signal("");
const renaming = signal<string | null>(null);
const removing = signal<string | null>(null);
const next = signal("");
/** The model whose use elsewhere is shown. */
const elsewhere = signal<string | null>(null);

async function act(name: string, work: () => Promise<unknown>, words: string): Promise<void> {
  busy.value = name;
  try {
    await work();
    if (words) tell(words);
  } catch (error) {
    complain(error);
  }
  busy.value = "";
}

/** Faces in the test from which on a tenth of a per cent means something. */
const MANY = 1000;

function Accuracy({ entry }: { entry: ModelEntry }) {
  const words = text.value.models;
  const { accuracy, tested, measured_on } = entry;
  if (accuracy === null || accuracy === undefined) return <p>{words.notMeasured}</p>;
  const share = (tested ?? 0) >= MANY ? percent(accuracy, 1) : text.value.train.about(percent(accuracy));
  return <p>{words.accuracy(share, measured_on || (tested ? words.heldOut(tested) : ""))}</p>;
}

async function download(name: string): Promise<void> {
  const reply = await request("model.download", { name });
  const anchor = document.createElement("a");
  anchor.href = String(reply["url"]);
  anchor.download = `${name}.zip`;
  anchor.click();
}

function Entry({ entry, inUse }: { entry: ModelEntry; inUse: boolean }) {
  const words = text.value.models;
  const { name } = entry;
  const rests = busy.value !== "" || link.value.state !== "open";
  return (
    <li class={`card model ${inUse ? "in-use" : ""}`} data-testid={`model-${name}`}>
      <div class="facts">
        <h2>
          {name} {inUse && <span class="badge">{words.inUse}</span>}
          {!entry.own && <span class="badge quiet">{words.shipped}</span>}
          {entry.error && <span class="badge bad">{words.damaged}</span>}
        </h2>
        {entry.error ? (
          <p class="hint">{why(entry.reason) ?? words.damaged}</p>
        ) : (
          <>
            <p class="labels" aria-label={(entry.labels ?? []).map(labelName).join(", ")}>
              {(entry.labels ?? []).map((label) => (
                <span key={label} title={labelName(label)} class={welcome.value?.emoticons[label] ? "emoji" : "word"}>
                  {welcome.value?.emoticons[label]?.[0] ?? labelName(label)}
                </span>
              ))}
            </p>
            <Accuracy entry={entry} />
            <p class="hint">
              {entry.backbone} + {entry.head} · {bytes(entry.bytes)}
              {entry.created ? ` · ${day(entry.created)}` : ""}
            </p>
          </>
        )}
      </div>
      <div class="actions">
        <Button
          kind={inUse ? "plain" : "primary"}
          disabled={rests || inUse || entry.error !== "" || nodes.value?.inference === false}
          label={words.action(inUse ? words.using : words.use, name)}
          onClick={() => void act(name, () => request("model.load", { name }), words.loaded(name))}
          testId="use"
        >
          {inUse ? words.using : words.use}
        </Button>
        <Button
          icon="download"
          kind="quiet"
          label={words.action(words.download, name)}
          disabled={rests || entry.error !== ""}
          onClick={() => void act(name, () => download(name), "")}
          testId="download"
        />
        <Button
          icon="code"
          kind="quiet"
          label={words.action(text.value.elsewhere.open, name)}
          disabled={entry.error !== ""}
          onClick={() => (elsewhere.value = name)}
          testId="elsewhere"
        />
        {entry.own && (
          <>
            <Button
              icon="pencil"
              kind="quiet"
              label={words.action(words.rename, name)}
              disabled={rests || entry.error !== ""}
              onClick={() => {
                next.value = name;
                renaming.value = name;
              }}
              testId="rename"
            />
            <Button
              icon="bin"
              kind="quiet"
              label={words.action(words.remove, name)}
              disabled={rests || inUse}
              onClick={() => (removing.value = name)}
              testId="delete"
            />
          </>
        )}
      </div>
    </li>
  );
}

function RenameDialog({ name }: { name: string }) {
  const words = text.value.models;
  const wanted = next.value.trim();
  const save = () => {
    if (!wanted || wanted === name) return;
    renaming.value = null;
    void act(name, () => request("model.rename", { name, new: wanted }), words.renamed(wanted));
  };
  return (
    <Dialog
      title={words.renameTitle(name)}
      onClose={() => (renaming.value = null)}
      onSubmit={save}
      actions={
        <Button kind="primary" type="submit" disabled={!wanted || wanted === name} testId="save-name">
          {words.save}
        </Button>
      }
    >
      <Field
        label={words.newName}
        value={next.value}
        onInput={(value) => (next.value = value)}
        maxLength={64}
        autoFocus
      />
    </Dialog>
  );
}

function RemoveDialog({ name }: { name: string }) {
  const words = text.value.models;
  const remove = () => {
    removing.value = null;
    void act(name, () => request("model.delete", { name }), words.removed(name));
  };
  return (
    <Dialog
      title={words.removeTitle(name)}
      onClose={() => (removing.value = null)}
      onSubmit={remove}
      actions={
        <Button kind="danger" type="submit" testId="confirm">
          {words.remove}
        </Button>
      }
    >
      <p>{words.removeText}</p>
    </Dialog>
  );
}

export function ModelsView() {
  const words = text.value.models;
  const all = models.value?.models ?? [];
  const used = models.value?.in_use ?? "";
  const sorted = [...all].sort(
    (a, b) => Number(b.name === used) - Number(a.name === used) || (b.created ?? 0) - (a.created ?? 0),
  );
  return (
    <div class="whole">
      {nodes.value?.inference === false && <Notice kind="warn">{words.noInference}</Notice>}
      {all.length === 0 && <p class="hint">{words.none}</p>}
      <ul class="models">
        {sorted.map((entry) => (
          <Entry key={entry.name} entry={entry} inUse={entry.name === used} />
        ))}
      </ul>
      <OwnProject />
      {renaming.value !== null && <RenameDialog name={renaming.value} />}
      {elsewhere.value !== null && (
        <ElsewhereDialog
          name={elsewhere.value}
          namespace={welcome.value?.namespace ?? ""}
          onClose={() => (elsewhere.value = null)}
        />
      )}
      {removing.value !== null && <RemoveDialog name={removing.value} />}
    </div>
  );
}
