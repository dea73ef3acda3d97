// Plural forms and numbers follow the rules of the language, which the browser knows.

import { afterEach, describe, expect, it } from "vitest";
import { number, setCatalogue, t, tn, withDecimalSign } from "../src/shared/language";

const POLISH = {
  language: "pl",
  texts: { "{n} layer": { one: "{n} warstwa", few: "{n} warstwy", many: "{n} warstw", other: "{n} warstwy" } },
};

afterEach(() => setCatalogue({ language: "en", texts: {} }));

describe("a text about a number of things", () => {
  it.each([
    [1, "1 warstwa"],
    [2, "2 warstwy"],
    [5, "5 warstw"],
    [22, "22 warstwy"],
    [1.5, "1.5 warstwy"],
  ])("has the form for %d", (n, expected) => {
    setCatalogue(POLISH);
    expect(tn("{n} layer", "{n} layers", n)).toBe(expected);
  });

  it("uses other where the catalogue has no form of its own", () => {
    setCatalogue({ language: "pt", texts: { "{n} layer": { one: "{n} camada", other: "{n} camadas" } } });
    expect(tn("{n} layer", "{n} layers", 1_000_000)).toBe("1000000 camadas");
  });

  it("is English without a translation", () => {
    setCatalogue(POLISH);
    expect([0, 1, 2].map((n) => tn("{n} map", "{n} maps", n))).toEqual(["0 maps", "1 map", "2 maps"]);
    expect(t("{n} map", { n: 1 })).toBe("1 map");
  });
});

describe("a number", () => {
  it("has the separators of the language", () => {
    expect([number(11680), number(1234.5), withDecimalSign("1.2e−7")]).toEqual(["11,680", "1,234.5", "1.2e−7"]);
    setCatalogue({ language: "pt", texts: {} });
    expect([number(11680), number(1234.5), withDecimalSign("1.2e−7")]).toEqual(["11.680", "1.234,5", "1,2e−7"]);
  });

  it("follows the language at once", () => {
    setCatalogue(POLISH);
    expect(number(1234)).toBe("1\u00a0234");
  });
});
