/** Which of the pages is shown: the fragment of the address, so that links, reloading and going back work. */

import { signal } from "@preact/signals";

export const TABS = ["watch", "record", "train", "models", "emoticons", "camera"] as const;
export type Tab = (typeof TABS)[number];

function fromAddress(): Tab {
  const name = location.hash.slice(1) as Tab;
  return TABS.includes(name) ? name : "watch";
}

export const tab = signal<Tab>(fromAddress());

export function go(next: Tab): void {
  location.hash = next;
}

window.addEventListener("hashchange", () => {
  // A link with another token was opened in this tab: begin anew with it.
  if (location.hash.startsWith("#token=")) location.reload();
  tab.value = fromAddress();
  window.scrollTo(0, 0);
});
