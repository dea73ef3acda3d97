// Translates the texts of the front end. English texts are in the code. For other languages, the
// kernel sends a catalogue (from seqwidget/locale) together with its own translated sentences, so
// that a panel never mixes two languages. A notebook loads this module once per kernel, and all
// widgets of a kernel use the same language.

import { effect, signal } from "@preact/signals";
import type { ComponentChild } from "preact";

/** A translated text. A text about a number of things is a pair: singular and plural. */
export type Entry = string | [one: string, several: string];

export interface LanguageTraits {
  /** The language of the page, set by the page. */
  page_language: string;
  /** The language of the widget. */
  language: string;
}

type Gaps = Record<string, string | number>;

const catalogue = signal<{ language: string; texts: Record<string, Entry> }>({ language: "en", texts: {} });

/** Set the language of the front end. The kernel sends the catalogue before its own sentences. */
export function setCatalogue(one: { language: string; texts: Record<string, Entry> }): void {
  catalogue.value = one;
}

/** Mark a text for translation, where it is defined before it is translated. */
export function phrase(pattern: string): string {
  return pattern;
}

/** Translate a text, and replace each `{name}` in it. */
export function t(pattern: string, gaps: Gaps = {}): string {
  return filled(entry(pattern, 1), gaps).join("");
}

/** Translate a text about `n` things. Its key in the catalogues is the plural pattern. */
export function tn(one: string, several: string, n: number, gaps: Gaps = {}): string {
  const known = entry(several, n);
  return filled(n === 1 && known === several ? one : known, { n, ...gaps }).join("");
}

/** Translate a text, and replace each `{name}` in it with an element. */
export function tx(pattern: string, gaps: Record<string, ComponentChild>): ComponentChild[] {
  return filled(entry(pattern, 1), gaps);
}

/** Convert a number in English format to the format of the language. */
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

/**
 * Report the language of the page to the widget, and set the `lang` of `root` to the widget's
 * language. JupyterLab sets the `lang` of the page.
 */
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
