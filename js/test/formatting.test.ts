import { describe, expect, it } from "vitest";
import cases from "../../tests/render/formatting_cases.json";
import * as formatting from "../src/shared/formatting";

const functions: Record<string, (value: never) => string> = {
  shape: formatting.shape,
  count: formatting.count,
  short: formatting.short,
  memory: formatting.memory,
  seconds: formatting.seconds,
  window: formatting.window,
  receptive_field: formatting.receptiveField,
};

describe.each(Object.entries(cases))("%s", (name, table) => {
  it.each(table as [unknown, string][])("says of %j: %s", (given, expected) => {
    expect(functions[name]?.(given as never)).toBe(expected);
  });
});
