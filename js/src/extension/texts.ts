// Translates the texts of the extension, which shows texts before any kernel has sent a catalogue.

/** The texts by language, inserted by the build. */
declare const TEXTS: Record<string, Record<string, string>>;

/** Translate a text to the language of the page, and replace each `{name}` in it. */
export function t(pattern: string, gaps: Record<string, string> = {}): string {
  const language = document.documentElement.lang.split("-")[0] ?? "";
  const text = TEXTS[language]?.[pattern] ?? pattern;
  return text.replace(/\{(\w+)\}/g, (gap, name) => gaps[name] ?? gap);
}
