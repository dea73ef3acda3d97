// Patches to what a page knows of a model: what seqwidget/widgets/patches.py makes. Parts that did not change stay the same objects.

import type { AnyModel } from "@anywidget/types";
import type { Traits } from "./types";

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

export type Patch =
  | { "=": Json }
  | { keys: Record<string, Patch>; gone: string[] }
  | { length: number; items: Record<string, Patch>; more: Json[] }
  | { kept: number; text: string };

interface Message {
  patches?: Record<string, Patch>;
  version: number;
  model: string;
}

/** What Jupyter's own model does beyond what anywidget shows of it: take values in as if the kernel had sent them. */
interface KernelModel {
  state_change: Promise<unknown>;
  set_state: (values: Record<string, unknown>) => void;
}

export function patched(old: Json | undefined, patch: Patch): Json {
  if ("=" in patch) return patch["="];
  if ("kept" in patch) return [...(old as string)].slice(0, patch.kept).join("") + patch.text;
  if ("more" in patch) {
    const list = (old as Json[]).slice(0, patch.length);
    for (const [at, one] of Object.entries(patch.items)) list[Number(at)] = patched(list[Number(at)], one);
    return [...list, ...patch.more];
  }
  const record = { ...(old as Record<string, Json>) };
  for (const key of patch.gone) delete record[key];
  for (const [key, one] of Object.entries(patch.keys)) record[key] = patched(record[key], one);
  return record;
}

/** Applies every patch that comes, once for all views in this page. Whoever missed one asks for the whole. */
export function followPatches(model: AnyModel<Traits>): () => void {
  let order: Promise<unknown> = Promise.resolve();
  const apply = (message: Message, target: KernelModel) => {
    const behind = message.version - model.get("version");
    if (behind > 1) model.send({ ask: "whole" });
    if (behind !== 1) return;
    const values: Record<string, unknown> = { version: message.version };
    for (const [name, patch] of Object.entries(message.patches ?? {}))
      values[name] = patched(model.get(name as keyof Traits) as Json, patch);
    target.set_state(values);
  };
  let stopped = false;
  const listener = (message: Message) => {
    if (!message.patches) return;
    order = order.then(async () => {
      const target = (await model.widget_manager.get_model(message.model)) as unknown as KernelModel;
      await target.state_change; // what the kernel sent before is taken in first
      if (!stopped) apply(message, target);
    });
  };
  model.on("msg:custom", listener);
  return () => {
    stopped = true;
    model.off("msg:custom", listener);
  };
}
