// Follows the theme of the page. A canvas that is painted in the page's colours must be painted
// again when the theme changes.

import { useEffect, useState } from "preact/hooks";

/** The attributes of the body that change with the theme in JupyterLab and VS Code. */
const ATTRIBUTES = ["data-jp-theme-name", "data-jp-theme-light", "data-vscode-theme-kind"];

/** Return a text that changes with the theme. */
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
