// A button that opens a menu.

import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";

interface Props {
  label: string;
  title: string;
  children: ComponentChildren;
}

/** A button that opens a menu, which a click outside or Escape closes. */
export function Menu({ label, title, children }: Props) {
  const menu = useRef<HTMLDetailsElement>(null);
  useEffect(() => {
    const close = (event: Event) => {
      if (menu.current && !event.composedPath().includes(menu.current)) menu.current.open = false;
    };
    const page = menu.current?.ownerDocument; // which may be a window of its own
    page?.addEventListener("pointerdown", close);
    return () => page?.removeEventListener("pointerdown", close);
  }, []);
  return (
    <details
      class="sw-menu"
      ref={menu}
      onKeyDown={(event) => {
        if (event.key !== "Escape" || !menu.current?.open) return;
        menu.current.open = false;
        menu.current.querySelector("summary")?.focus();
        event.stopPropagation();
      }}
    >
      <summary>{label}</summary>
      <fieldset>
        <legend>{title}</legend>
        {children}
      </fieldset>
    </details>
  );
}
