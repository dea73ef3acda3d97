// The widget's traits as signals: what Python or another view changes is seen here, and the other way round.

import type { AnyModel } from "@anywidget/types";
import { type Signal, signal } from "@preact/signals";
import type { Act, Traits } from "./types";

export const NAMES = [
  "stack",
  "diagram",
  "runs",
  "remarks",
  "silent",
  "changed",
  "edit",
  "refused",
  "steps",
  "gone",
  "error",
  "size_by",
  "color_by",
  "folded",
  "selected",
  "hovered",
  "hidden_columns",
  "switches",
  "plan",
  "waiting",
  "said",
  "slots",
] as const satisfies (keyof Traits)[];

export type SignalsOf<T> = { [Name in keyof T]: Signal<T[Name]> };

export interface ConnectionTo<T> {
  traits: SignalsOf<T>;
  /** Sets a trait for all views in this page, and unless told otherwise in the kernel. */
  set: <Name extends keyof T>(name: Name, value: T[Name], options?: { here: boolean }) => void;
  /** Asks the model for a change; what comes of it is seen in the traits. */
  ask: (act: Act) => void;
  dispose: () => void;
}

export type Connection = ConnectionTo<Traits>;

export function connect(model: AnyModel<Traits>): Connection {
  return connectTo(model, NAMES);
}

export function connectTo<T extends object>(model: AnyModel<T>, names: readonly (keyof T & string)[]): ConnectionTo<T> {
  const listeners: [string, () => void][] = [];
  const traits: Record<string, Signal> = {};
  for (const name of names) {
    const trait = signal(model.get(name));
    const listener = () => {
      trait.value = model.get(name) as typeof trait.value;
    };
    model.on(`change:${name}`, listener);
    listeners.push([`change:${name}`, listener]);
    traits[name] = trait;
  }
  return {
    traits: traits as unknown as SignalsOf<T>,
    set(name, value, options) {
      model.set(name, value);
      if (!options?.here) model.save_changes();
    },
    ask: (act) => model.send(act),
    dispose() {
      for (const [event, listener] of listeners) model.off(event, listener);
    },
  };
}
