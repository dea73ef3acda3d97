// The styles of the front end.

/** All style sheets as one text, inserted by the build. */
declare const STYLES: string;

/** Add the styles once, to the page or to the shadow tree in which some front ends put a widget. */
export function addStyles(root: HTMLElement): void {
  const tree = root.getRootNode();
  const place = tree instanceof ShadowRoot ? tree : root.ownerDocument.head;
  const key = String(STYLES.length); // a page can contain two versions of seqwidget
  if (place.querySelector(`style[data-seqwidget-styles="${key}"]`)) return;
  const style = document.createElement("style");
  style.dataset.seqwidgetStyles = key;
  style.textContent = STYLES;
  place.append(style);
}
