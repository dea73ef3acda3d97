// Which views of a panel can be seen: a view may have scrolled away, be in a tab behind another one, or be collapsed.

import { type ReadonlySignal, signal } from "@preact/signals";

export class Sight {
  readonly #seen = signal<ReadonlyMap<HTMLElement, boolean>>(new Map());
  readonly #observer = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) this.#note(target as HTMLElement, isIntersecting);
  });

  /** Watch a view until the returned function is called. A view in a window of its own counts as seen. */
  add(view: HTMLElement): () => void {
    const here = view.ownerDocument === document;
    this.#note(view, !here);
    if (here) this.#observer.observe(view);
    return () => {
      this.#observer.unobserve(view);
      const others = new Map(this.#seen.peek());
      others.delete(view);
      this.#seen.value = others;
    };
  }

  /** The views, and whether each can be seen. */
  get seen(): ReadonlySignal<ReadonlyMap<HTMLElement, boolean>> {
    return this.#seen;
  }

  #note(view: HTMLElement, isSeen: boolean): void {
    this.#seen.value = new Map(this.#seen.peek()).set(view, isSeen);
  }
}

/** Return the part of the page in which a view scrolls: the nearest scrolling element around it, or the page. */
export function sceneOf(view: HTMLElement): DOMRect {
  for (let at = parentOf(view); at; at = parentOf(at)) {
    const { overflowY } = getComputedStyle(at);
    if (/auto|scroll/.test(overflowY) && at.scrollHeight > at.clientHeight && at !== document.documentElement)
      return at.getBoundingClientRect();
  }
  return new DOMRect(0, 0, innerWidth, innerHeight);
}

/** Return the parent of an element; that of a shadow tree's root is its host. */
export function parentOf(element: Element): Element | null {
  const root = element.getRootNode();
  return element.parentElement ?? (root instanceof ShadowRoot ? root.host : null);
}
