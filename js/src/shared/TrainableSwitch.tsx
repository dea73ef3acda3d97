// The switch of one layer, and the data that all switches of a table share.

import type { SwitchState, Waiting } from "../generated/records";
import type { PanelConnection } from "./connection";
import { DASH } from "./formatting";
import { t } from "./language";
import type { VisibleRow } from "./visibleRows";

export interface Switching {
  states: SwitchState[];
  waiting: Waiting;
  live: boolean;
  /** Freeze or unfreeze a layer, or all layers from it to the last of a collapsed run. */
  onSwitch: (path: string, last: string, on: boolean) => void;
}

export function switchingOf(connection: PanelConnection, live: boolean): Switching {
  return {
    states: connection.traits.switches.value,
    waiting: connection.traits.waiting.value,
    live,
    onSwitch: (path, last, on) =>
      connection.act(on ? "unfreeze" : "freeze", last === path ? { path } : { start: path, end: last }),
  };
}

interface Props {
  visible: VisibleRow;
  switching: Switching;
}

export function SwitchCell(props: Props) {
  return (
    <td data-column="trains">
      <TrainableSwitch {...props} />
    </td>
  );
}

/** Return the state of the switch of a row, which may stand for several layers. */
export function stateOf({ position, end }: VisibleRow, { states }: Switching): SwitchState {
  const some = new Set(states.slice(position, end).filter(Boolean));
  return some.size > 1 ? "mixed" : ([...some][0] ?? "");
}

export function TrainableSwitch({ visible, switching }: Props) {
  const { row, last, nested, folded } = visible;
  const { waiting, live, onSwitch } = switching;
  const state = stateOf(visible, switching);
  if (!state) {
    return (
      <span class="sw-dash" title={t("no weights to train")}>
        {DASH}
      </span>
    );
  }
  const wish = waiting.flags?.[row.path];
  const until = { until: waiting.until ?? "" };
  const waits = wish === undefined ? "" : wish ? t("will train {until}", until) : t("will freeze {until}", until);
  // The ARIA role "switch" has two states; several layers can also be "mixed", so theirs is a checkbox.
  const checked = state === "mixed" ? state : state === "on";
  const aria = { role: nested || folded ? "checkbox" : "switch", "aria-checked": checked } as const;
  return (
    <span title={waits || row.training_notes?.join("; ")}>
      <button
        type="button"
        class={`sw-switch${waits ? " is-waiting" : ""}${row.stale ? " is-stale" : ""}`}
        {...aria}
        aria-label={[t("{layer} trains", { layer: row.path }), waits].filter(Boolean).join(", ")}
        disabled={!live}
        onClick={(event) => {
          event.stopPropagation();
          onSwitch(row.path, last, wish === undefined ? state !== "on" : !wish);
        }}
      />
      {waits && <span class="sw-waits">{waits}</span>}
    </span>
  );
}
