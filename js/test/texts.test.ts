// Every text of the front end can be translated and is in the catalogues. Texts are found in the source by TypeScript's parser.

/// <reference types="vite/client" />

import type { Expression, Node, SourceFile } from "typescript/unstable/ast";
import * as is from "typescript/unstable/ast/is";
import { API } from "typescript/unstable/sync";
import { afterAll, describe, expect, it } from "vitest";
import type { Entry } from "../src/shared/language";

const catalogues = import.meta.glob<{ page: Record<string, Entry> }>(
  "../../seqwidget/locale/*/LC_MESSAGES/seqwidget.json",
  { eager: true, import: "default" },
);

const api = new API();
afterAll(() => api.close());
const [project] = api.updateSnapshot({ openProject: "tsconfig.json" }).getProjects();
const sources = (project?.rootFiles ?? [])
  .filter((name) => name.includes("/src/"))
  .map((name) => project?.program.getSourceFile(name) as SourceFile);

/** The positions of the patterns in each function's arguments; the first one is the key in the catalogues. */
const PATTERNS: Record<string, number[]> = { t: [0], tx: [0], N_: [0], tn: [0, 1] };

/** These translate a pattern that is stored elsewhere, where the literal is marked with `N_`. */
const STORED = [
  "column.header",
  "header",
  "name",
  "text",
  "STATES[state]",
  "RUN_STATES[run.state]",
  "STRETCHES[what][first === last ? 0 : 1]",
];

/** Letters that are not words of a language: file formats, a regular expression. */
const NO_WORDS = ["PNG", ".npy", "block[1-4]_.*"];

/** Attributes that are shown or read out; on our components, the properties that set them. */
const SHOWN =
  /^(title|alt|placeholder|label|what|name|aria-(label|description|roledescription|valuetext|placeholder))$/;

function each(node: Node, visit: (node: Node) => void): void {
  visit(node);
  node.forEachChild((child) => each(child, visit));
}

interface Text {
  where: string;
  forms: string[];
}

const texts: Text[] = [];
const unknown: string[] = [];
for (const source of sources) {
  each(source, (node) => {
    if (!is.isCallExpression(node) || !is.isIdentifier(node.expression)) return;
    const patterns = PATTERNS[node.expression.text]?.map((at) => node.arguments[at]);
    if (!patterns || source.fileName.endsWith("/language.ts")) return;
    const forms = patterns.map((one) => (one && is.isStringLiteral(one) ? one.text : null));
    if (forms.every((form) => form !== null)) texts.push({ where: source.fileName, forms });
    else if (!STORED.includes(patterns[0]?.getText() ?? "")) unknown.push(`${source.fileName}: ${node.getText()}`);
  });
}
const known = new Map(texts.map(({ forms }) => [forms[0] as string, forms]));

const gaps = (pattern: string) => [...pattern.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort();

it("translates only literals", () => {
  expect(sources.length).toBeGreaterThan(40);
  expect(texts.length).toBeGreaterThan(200);
  expect(unknown).toEqual([]);
});

it("has a language besides English", () => {
  expect(Object.keys(catalogues)).not.toEqual([]);
});

describe.each(Object.entries(catalogues))("%s", (_, { page }) => {
  it("has exactly the texts of the front end", () => {
    expect(Object.keys(page).sort()).toEqual([...known.keys()].sort());
  });

  it("has the placeholders of the English text in every form", () => {
    for (const [pattern, forms] of known) {
      const entry = page[pattern] ?? "";
      const told = typeof entry === "string" ? [entry] : Object.values(entry);
      const english = forms.map((form) => gaps(form).join());
      expect(told.filter((form) => !english.includes(gaps(form).join()))).toEqual([]);
    }
  });
});

it("has no untranslated text in a component", () => {
  const found: string[] = [];
  const see = (node: Node, text: string) => {
    if (/\p{L}/u.test(text) && !NO_WORDS.includes(text.trim())) found.push(`${node.getSourceFile().fileName}: ${text}`);
  };
  for (const source of sources) {
    each(source, (node) => {
      if (is.isJsxText(node)) see(node, node.text);
      const value = is.isJsxAttribute(node) && SHOWN.test(node.name.getText()) ? node.initializer : null;
      const child = is.isJsxExpression(node) && !is.isJsxAttribute(node.parent) ? node : null;
      for (const one of [value, child]) if (one) bare(one, see);
    });
  }
  expect(found).toEqual([]);
});

/** Find the literals that an expression may evaluate to, but not those in the arguments of a function. */
function bare(node: Node | Expression, see: (node: Node, text: string) => void): void {
  const inside = (...parts: (Node | undefined)[]) => {
    for (const part of parts) if (part) bare(part, see);
  };
  if (is.isStringLiteral(node) || is.isNoSubstitutionTemplateLiteral(node)) see(node, node.text);
  else if (is.isJsxExpression(node) || is.isParenthesizedExpression(node)) inside(node.expression);
  else if (is.isConditionalExpression(node)) inside(node.whenTrue, node.whenFalse);
  else if (is.isBinaryExpression(node)) {
    if (["&&", "||", "??", "+"].includes(node.operatorToken.getText())) inside(node.left, node.right);
  } else if (is.isTemplateExpression(node)) {
    see(node.head, node.head.text);
    for (const span of node.templateSpans) {
      inside(span.expression);
      see(span.literal, span.literal.text);
    }
  }
}
