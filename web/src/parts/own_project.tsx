/** The project of this person on this robot: their own recordings, and the model in use where it was taught. */

import { link, Refusal, request } from "../connection";
import { text } from "../i18n";
import type { Reason } from "../protocol";
import { complain, tell } from "../toast";
import { ProjectCard } from "./project";

async function save(): Promise<void> {
  try {
    const reply = await request("project.save");
    const anchor = document.createElement("a");
    anchor.href = String(reply["url"]);
    anchor.download = "";
    anchor.click();
  } catch (error) {
    complain(error);
  }
}

async function open(file: File): Promise<void> {
  try {
    const name = file.name.replace(/[^\w.-]+/g, "_").slice(0, 64);
    const { url } = await request("project.open", { name });
    const answer = await fetch(String(url), { method: "POST", body: file }).catch(() => null);
    if (answer === null) throw new Refusal("lost", "");
    const found = (await answer.json()) as Record<string, string> & { reason?: Reason };
    if (!answer.ok) throw new Refusal(String(found["code"]), String(found["message"]), found.reason ?? null);
    const words = text.peek().project;
    const pictures = Number(found["pictures"]);
    tell(
      [
        pictures > 0 ? words.intoBag(pictures, String(found["bag"])) : "",
        found["model"] ? words.withModel(found["model"]) : "",
      ]
        .filter(Boolean)
        .join(" "),
    );
  } catch (error) {
    complain(error);
  }
}

export function OwnProject() {
  return (
    <ProjectCard
      rests={link.value.state !== "open"}
      hint={text.value.project.hint}
      onSave={save}
      onOpen={open}
    />
  );
}
