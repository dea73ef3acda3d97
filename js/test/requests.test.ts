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

it("passes on progress with a part of the answer, and then the answer", async () => {
  const sent: { id: string }[] = [];
  const requests = new Requests({ send: (content: never) => sent.push(content) } as never);
  const heard: unknown[] = [];
  const answer = requests.ask("health", { dataset: true }, (progress, partial) =>
    heard.push([progress.done, partial?.facts.samples, partial && Array.from(partial.arrays.spans?.values ?? [])]),
  );
  const id = sent[0]?.id as string;
  requests.answer({ id, progress: { done: 0, of: null } }, []);
  const arrays = [{ name: "spans", dtype: "float32", shape: [1, 2] }];
  const buffers = [new DataView(Float32Array.of(1, 2).buffer)];
  requests.answer({ id, progress: { done: 1, of: null }, facts: { samples: 10 }, arrays }, buffers);
  requests.answer({ id, facts: { samples: 20 }, arrays }, buffers);
  expect(heard).toEqual([
    [0, undefined, undefined],
    [1, 10, [1, 2]],
  ]);
  expect((await answer).facts.samples).toBe(20);
});
