/** What can be done with an emoticon: copied with one tap, shared, put onto a photograph, gathered into a message. */

import { signal } from "@preact/signals";
import { copy } from "./copy";
import { text } from "./i18n";
import { kept } from "./identity";
import { tell, warn } from "./toasts";

/** The page as a keyboard: taps gather a message. */
export const keyboard = kept("keyboard", ["no", "yes"]);
export const message = signal("");
/** The message as it was copied last. */
export const copied = signal("");

/** Characters of a message at most. */
export const LONGEST = 2000;

/** Makes the photograph with an emoticon; null: there is no picture. */
export type Photographer = (sign: string) => Promise<Blob | null>;

export async function copySign(sign: string): Promise<void> {
  try {
    await copy(sign);
    // The selector asks for the coloured sign where the font of text has one of its own.
    tell(text.peek().emoticons.copied(`${sign}\uFE0F`));
  } catch {
    warn(text.peek().emoticons.notCopied);
  }
}

/** A tap: as a keyboard it adds to the message, and what is there by then is copied. */
export async function choose(sign: string): Promise<void> {
  if (keyboard.value.peek() === "no") return copySign(sign);
  message.value = `${message.peek()}${sign}`.slice(0, LONGEST);
  await copyMessage();
}

/** Said beside the message, since a toast would lie on the keyboard. */
export async function copyMessage(): Promise<void> {
  const words = message.peek();
  try {
    await copy(words);
    copied.value = words;
  } catch {
    warn(text.peek().emoticons.notCopied);
  }
}

export const canShare = (): boolean => "share" in navigator;

export async function share(words: string): Promise<void> {
  // A share that the person closes is no error.
  await navigator.share({ text: words }).catch(() => undefined);
}

/** Whether a photograph is on its way for so long that the page says so, ms. */
export const developing = signal(false);
const SOON = 200;
let taking = false;

async function taken(photographer: Photographer, sign: string): Promise<Blob | null> {
  taking = true;
  const timer = window.setTimeout(() => (developing.value = true), SOON);
  try {
    return await photographer(sign);
  } catch {
    return null; // the connection was lost meanwhile, which the page says anyway
  } finally {
    window.clearTimeout(timer);
    taking = developing.value = false;
  }
}

/** Fingers share a photograph, since that is how phones keep one, too; others get a file. */
export async function keepPhoto(photographer: Photographer, sign: string): Promise<void> {
  if (taking) return;
  const words = text.peek().emoticons;
  const blob = await taken(photographer, sign);
  if (blob === null) return warn(words.noPhoto);
  const file = new File([blob], `fer-${Date.now()}.png`, { type: blob.type });
  const what = { files: [file] };
  if (matchMedia("(hover: none)").matches && canShare() && navigator.canShare(what)) {
    const error = await navigator.share(what).catch((reason: unknown) => reason);
    // Browsers let nothing be shared any more when the tap is too long ago, as after a slow link.
    if ((error as Error | undefined)?.name !== "NotAllowedError") return;
  }
  download(blob, file.name);
  tell(words.saved);
}

export function download(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const anchor = document.createElement("a");
  anchor.href = url;
  anchor.download = name;
  anchor.click();
  window.setTimeout(() => URL.revokeObjectURL(url), 10000);
}
