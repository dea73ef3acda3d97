// What the panel says, in the language that its widget speaks. English is in the code; for any other the kernel sends a catalogue
// (of seqwidget/locale), along with its own sentences in that language, so that a panel is never half in one and half in the other.
// A notebook loads this module once, so what is kept here is one kernel's, all widgets of which speak one language.

import { effect, signal } from "@preact/signals";
import type { ComponentChild } from "preact";

/** A text in another language; a pair for what is counted: one, and several. */
export type Entry = string | [one: string, several: string];

export interface LanguageTraits {
  /** What the page is in; the page says so. */
  page_language: string;
  /** What the widget speaks. */
  language: string;
}

type Gaps = Record<string, string | number>;

const catalogue = signal<{ language: string; texts: Record<string, Entry> }>({ language: "en", texts: {} });

/** Has the front end speak a language from now on; the kernel sends its texts ahead of what it says in it itself. */
export function setCatalogue(one: { language: string; texts: Record<string, Entry> }): void {
  catalogue.value = one;
}

/** Marks a text that is written down before it is said. */
export function phrase(pattern: string): string {
  return pattern;
}

/** Says a text; `{name}` in it is a gap. */
export function t(pattern: string, gaps: Gaps = {}): string {
  return filled(entry(pattern, 1), gaps).join("");
}

/** Says a text about `n` things; catalogues know it by the pattern for several. */
export function tn(one: string, several: string, n: number, gaps: Gaps = {}): string {
  const known = entry(several, n);
  return filled(n === 1 && known === several ? one : known, { n, ...gaps }).join("");
}

/** Says a text with elements in its gaps. */
export function tx(pattern: string, gaps: Record<string, ComponentChild>): ComponentChild[] {
  return filled(entry(pattern, 1), gaps);
}

/** Writes a number that was made up in English as the language does. */
export function local(number: string): string {
  const shown = entry("1,234.5", 1);
  return shown === "1,234.5" ? number : number.replace(/[,.]/g, (sign) => shown.at(sign === "," ? 1 : -2) as string);
}

function entry(pattern: string, n: number): string {
  const known = catalogue.value.texts[pattern] ?? pattern;
  return typeof known === "string" ? known : known[n === 1 ? 0 : 1];
}

function filled<T>(pattern: string, gaps: Record<string, T>): (T | string)[] {
  return pattern.split(/\{(\w+)\}/).map((part, at) => (at % 2 ? (gaps[part] ?? `{${part}}`) : part));
}

/** Tells the widget what the page is in, and marks what `root` is in. JupyterLab sets the page's `lang`. */
export function followLanguage(
  {
    traits,
    set,
  }: {
    traits: { [Name in keyof LanguageTraits]: { value: string } };
    set: (name: "page_language", value: string) => void;
  },
  root: HTMLElement,
): () => void {
  const page = document.documentElement.lang.split("-")[0] || "en";
  if (page !== traits.page_language.value) set("page_language", page);
  return effect(() => {
    root.lang = traits.language.value;
  });
}
