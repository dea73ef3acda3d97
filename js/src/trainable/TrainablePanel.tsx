// The Trainable panel: switches for layers and groups, and the state of the compiled training step.

import { useComputed, useSignal } from "@preact/signals";
import { useErrorBoundary } from "preact/hooks";
import type { Slots, Stack } from "../generated/records";
import type { TrainableTraits } from "../generated/traits";
import { columnsOf } from "../shared/columns";
import type { Connection } from "../shared/connection";
import * as formatting from "../shared/formatting";
import { State } from "../shared/Header";
import { LayerTable } from "../shared/LayerTable";
import { t } from "../shared/language";
import { type Mark, standing } from "../shared/status";
import { switchingOf } from "../shared/TrainableSwitch";
import { visibleRows } from "../shared/visibleRows";
import { Failed, Stale, Waits } from "../shared/Warnings";
import { LayerGroups } from "./LayerGroups";

export function TrainablePanel({ connection }: { connection: Connection<TrainableTraits> }) {
  const { traits, set } = connection;
  const opened = useSignal<ReadonlySet<string>>(new Set());
  const rows = useComputed(() => visibleRows(traits.stack.value.rows, opened.value, [], [], traits.rails.value));
  const [error] = useErrorBoundary();
  if (error) return <p class="sw-message">{t("This panel could not be drawn: {error}", { error: String(error) })}</p>;

  const stack = traits.stack.value;
  const { live, mark } = standing(connection.status.value, traits.gone.value);
  const { code } = connection.outcome.value;
  return (
    <>
      <TrainingHead stack={stack} slots={traits.slots.value} mark={mark} />
      {traits.error.value && <p class="sw-message">{traits.error.value}</p>}
      <Stale connection={connection} live={live} />
      <Waits connection={connection} />
      <LayerGroups connection={connection} live={live} />
      <Failed connection={connection} />
      <LayerTable
        rows={rows.value}
        totals={stack.totals}
        refusal={null}
        columns={COLUMNS}
        stays="trains"
        switching={switchingOf(connection, live)}
        hovered={traits.hovered.value}
        selected={traits.selected.value}
        fresh={NONE}
        onHover={(row) => set("hovered", row, { here: true })}
        onSelect={(row) => set("selected", row === traits.selected.value ? -1 : row)}
        onOpen={(path) => {
          const next = new Set(opened.value);
          if (!next.delete(path)) next.add(path);
          opened.value = next;
        }}
      />
      {code && (
        <p class="sw-code">
          <span>{t("In Python")}</span> <code>{code}</code>
        </p>
      )}
    </>
  );
}

const COLUMNS = columnsOf("trainable");
const NONE: ReadonlySet<number> = new Set();

function TrainingHead(props: { stack: Stack; slots: Slots; mark: Mark | null }) {
  const { stack, slots, mark } = props;
  const { params, trainable_params: train } = stack.totals;
  const share = params && train !== null ? (100 * train) / params : 0;
  return (
    <div class="sw-head">
      <span class="sw-name" title={stack.name}>
        <bdi>{stack.name}</bdi>
      </span>
      <span class="sw-stat">
        <b>{formatting.count(train)}</b> {t("of {count} params train", { count: formatting.count(params) })}
        <span
          class="sw-bar sw-bar-wide"
          role="img"
          aria-label={t("{percent} % trainable", { percent: share.toFixed(0) })}
        >
          <i style={{ width: `${share}%` }} />
        </span>
      </span>
      <span class="sw-stat" title={t("Memory of the optimizer's own variables for the weights that train")}>
        <b>{formatting.memory(slots.train ?? null)}</b> {t("optimizer slots")}
      </span>
      <span class="sw-stat" title={t("Additional memory that the optimizer would need if all layers trained")}>
        <b>{formatting.memory(slots.saves ?? null)}</b> {t("saved by freezing")}
      </span>
      <State mark={mark} state={stack.state} why={stack.unknown.built} />
    </div>
  );
}
