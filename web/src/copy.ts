/** Copy text; also on pages without TLS, where browsers offer only the old way. */

export async function copy(words: string): Promise<void> {
  if (navigator.clipboard && isSecureContext) {
    await navigator.clipboard.writeText(words);
    return;
  }
  const area = document.createElement("textarea");
  area.value = words;
  area.setAttribute("readonly", "");
  area.className = "hidden";
  // Outside of a modal dialog nothing can be selected.
  (document.querySelector("dialog[open]") ?? document.body).append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  if (!done) throw new Error("copying is not allowed");
}
