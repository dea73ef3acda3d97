// Shows a panel in a small window of its own, which stays on top while the notebook scrolls. Browsers without such
// windows, and front ends that put a panel in a frame, have no button for it.

import { createContext } from "preact";
import { useContext } from "preact/hooks";
import { t } from "./language";

interface PictureInPicture {
  requestWindow(size: { width: number; height: number }): Promise<Window>;
  window: Window | null;
}

const HEIGHT = 560; // px of the window, at most

function pictureInPicture(): PictureInPicture | undefined {
  return window.top === window
    ? (window as { documentPictureInPicture?: PictureInPicture }).documentPictureInPicture
    : undefined;
}

/** Opens the window for the panel around it; null where that is not possible, and in the window itself. */
export const PopOut = createContext<(() => void) | null>(null);

export function PopOutButton() {
  const popOut = useContext(PopOut);
  if (!popOut) return null;
  const label = t("Show this panel in a window that stays on top");
  return (
    <button type="button" class="sw-icon sw-pop-out" title={label} aria-label={label} onClick={popOut}>
      <svg viewBox="0 0 14 14" aria-hidden="true">
        <path d="M5.5 2.5h-3v9h9v-3M8 2h4v4M12 2 6.5 7.5" />
      </svg>
    </button>
  );
}

/** Return a function that opens a window and draws a panel in it; null if the page cannot open one. */
export function poppingOut(root: HTMLElement, draw: (el: HTMLElement) => () => void): (() => void) | null {
  const windows = pictureInPicture();
  if (!windows) return null;
  return async () => {
    const { width, height } = root.getBoundingClientRect();
    const size = { width: Math.round(width), height: Math.round(Math.min(height, HEIGHT)) };
    const opened = await windows.requestWindow(size);
    opened.document.title = root.querySelector(".sw-name")?.textContent ?? "seqwidget";
    opened.document.documentElement.lang = root.lang;
    const paint = () => copyTheme(root, opened.document);
    const observer = new MutationObserver(paint);
    observer.observe(document.body, { attributes: true }); // which change with the theme
    paint();
    const stop = draw(opened.document.body);
    opened.addEventListener("pagehide", () => {
      observer.disconnect();
      stop();
    });
  };
}

/** The window that has the focus: a page may copy to the clipboard only from there. */
export function focused(): Window {
  const popped = pictureInPicture()?.window;
  return popped?.document.hasFocus() ? popped : window;
}

/** Give a window the colours and fonts that the styles of a panel take from the page. */
function copyTheme(from: HTMLElement, to: Document): void {
  const here = getComputedStyle(from);
  const styles = (from.getRootNode() as ParentNode).querySelector("style[data-seqwidget-styles]")?.textContent ?? "";
  const page = to.documentElement.style;
  for (const name of new Set(styles.match(/--(?:jp|vscode)-[\w-]+/g))) {
    const value = here.getPropertyValue(name);
    if (value) page.setProperty(name, value);
    else page.removeProperty(name);
  }
  page.colorScheme = here.colorScheme;
  to.body.style.cssText = `margin: 0; background: ${here.backgroundColor}`;
}
