// The theme of the page: what a canvas has painted in the page's own colours does not follow it by itself.

import { useEffect, useState } from "preact/hooks";

/** The attributes of the page's body that change with the theme of JupyterLab and of VS Code. */
const ATTRIBUTES = ["data-jp-theme-name", "data-jp-theme-light", "data-vscode-theme-kind"];

/** Gives a text that is another one for another theme. */
export function useTheme(): string {
  const [theme, setTheme] = useState(themeOf);
  useEffect(() => {
    const look = () => setTheme(themeOf());
    const observer = new MutationObserver(look);
    observer.observe(document.body, { attributeFilter: ATTRIBUTES });
    const system = matchMedia("(prefers-color-scheme: dark)");
    system.addEventListener("change", look);
    return () => {
      observer.disconnect();
      system.removeEventListener("change", look);
    };
  }, []);
  return theme;
}

function themeOf(): string {
  const told = ATTRIBUTES.map((name) => document.body.getAttribute(name));
  return [...told, matchMedia("(prefers-color-scheme: dark)").matches].join(" ");
}
