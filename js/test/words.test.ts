import { describe, expect, it } from "vitest";
import cases from "../../tests/render/formatting_cases.json";
import * as words from "../src/words";

const functions: Record<string, (value: never) => string> = {
  shape: words.shape,
  count: words.count,
  short: words.short,
  memory: words.memory,
  window: words.window,
  receptive_field: words.receptiveField,
};

describe.each(Object.entries(cases))("%s", (name, table) => {
  it.each(table as [unknown, string][])("says of %j: %s", (given, expected) => {
    expect(functions[name]?.(given as never)).toBe(expected);
  });
});
