// Copies text, even in a page that has no access to the clipboard.

import { focused } from "./PopOut";

/** Copy a text, and return whether it worked. */
export async function copy(text: string): Promise<boolean> {
  const { navigator, document } = focused();
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text, document); // a page without HTTPS has no clipboard API
  }
}

function copyBySelection(text: string, document: Document): boolean {
  const area = document.createElement("textarea");
  area.value = text;
  area.style.position = "fixed";
  area.style.opacity = "0";
  document.body.append(area);
  area.select();
  const copied = document.execCommand("copy");
  area.remove();
  return copied;
}
