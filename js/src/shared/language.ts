// Translates the texts of the front end. English texts are in the code. For other languages, the
// kernel sends a catalogue (from seqwidget/locale) together with its own translated sentences, so
// that a panel never mixes two languages. A notebook loads this module once per kernel, and all
// widgets of a kernel use the same language.

import { computed, effect, signal } from "@preact/signals";
import type { ComponentChild } from "preact";
import type { LocalizedWidgetTraits } from "../generated/traits";

/** A translated text. A text about a number of things has one for each plural category. */
export type Entry = string | Partial<Record<Intl.LDMLPluralRule, string>>;

type Gaps = Record<string, string | number>;

const catalogue = signal<{ language: string; texts: Record<string, Entry> }>({ language: "en", texts: {} });
const plurals = computed(() => new Intl.PluralRules(catalogue.value.language));
const formats = computed(() => ({ language: catalogue.value.language, known: new Map<string, Intl.NumberFormat>() }));

/** Set the language of the front end. The kernel sends the catalogue before any translated text. */
export function setCatalogue(one: { language: string; texts: Record<string, Entry> }): void {
  catalogue.value = one;
}

/** Mark a text for translation that is defined here and translated elsewhere. */
export function N_(pattern: string): string {
  return pattern;
}

/** Translate a text, and replace each `{name}` in it. */
export function t(pattern: string, gaps: Gaps = {}): string {
  return filled(translation(pattern, 1) ?? pattern, gaps).join("");
}

/** Translate a text about `n` things. Its key in the catalogue is the singular pattern. */
export function tn(one: string, several: string, n: number, gaps: Gaps = {}): string {
  return filled(translation(one, n) ?? (n === 1 ? one : several), { n, ...gaps }).join("");
}

/** Translate a text, and replace each `{name}` in it with an element. */
export function tx(pattern: string, gaps: Record<string, ComponentChild>): ComponentChild[] {
  return filled(translation(pattern, 1) ?? pattern, gaps);
}

/** Format a number in the language. Like the kernel, it groups the digits of every number from 1,000 on. */
export function number(value: number, options: Intl.NumberFormatOptions = {}): string {
  return format(options).format(value);
}

/** Replace the decimal point of a formatted number, such as `1.2e−7`, by the sign of the language. */
export function withDecimalSign(formatted: string): string {
  const parts = format({}).formatToParts(0.5);
  return formatted.replace(".", parts.find(({ type }) => type === "decimal")?.value ?? ".");
}

function format(options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const { language, known } = formats.value;
  const key = JSON.stringify(options);
  const made = known.get(key) ?? new Intl.NumberFormat(language, { useGrouping: "always", ...options });
  known.set(key, made);
  return made;
}

function translation(pattern: string, n: number): string | undefined {
  const known = catalogue.value.texts[pattern];
  return typeof known === "object" ? (known[plurals.value.select(n)] ?? known.other) : known;
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
    traits: { [Name in keyof LocalizedWidgetTraits]: { value: string } };
    set: (name: "page_language", value: string) => void;
  },
  root: HTMLElement,
): () => void {
  const page = document.documentElement.lang.split("-")[0] || "en";
  if (page !== traits.page_language.value) set("page_language", page);
  return effect(() => {
    root.lang = traits.language.value ?? page;
  });
}
