import { expect, it } from "vitest";
import { Requests } from "../src/shared/requests";

it("takes the requests and fields that Python declares, and no others", () => {
  const sent: unknown[] = [];
  const { ask } = new Requests({ send: (content: unknown) => sent.push(content) } as never);
  ask("look", { position: 1 });
  ask("suggest");
  ask("freeze", { path: "dense" });
  // @ts-expect-error there is no such request
  ask("lok", { position: 1 });
  // @ts-expect-error the field has another name
  ask("look", { place: 1 });
  // @ts-expect-error the field has another type
  ask("look", { position: "1" });
  // @ts-expect-error the field is missing
  ask("look");
  // @ts-expect-error the answer has no such part
  ask("look", { position: 1 }).then(({ facts }) => facts.offers);
  expect(sent).toHaveLength(8);
});
