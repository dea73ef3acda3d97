// The Summary panel of one model.

import { type Signal, useComputed, useSignal, useSignalEffect } from "@preact/signals";
import { useErrorBoundary, useRef } from "preact/hooks";
import type { Diagram, Refusal, Steps, TrainingRun } from "../generated/records";
import { columnsOf, remember, tabSeparated, withTimes } from "../shared/columns";
import type { PanelConnection } from "../shared/connection";
import { save } from "../shared/download";
import { flowThrough } from "../shared/flow";
import { Header } from "../shared/Header";
import { LayerTable } from "../shared/LayerTable";
import { t } from "../shared/language";
import { ShapeDiagram } from "../shared/ShapeDiagram";
import { standing } from "../shared/status";
import { Tabs } from "../shared/Tabs";
import { switchingOf } from "../shared/TrainableSwitch";
import { visibleRows } from "../shared/visibleRows";
import { Failed, Stale, Waits } from "../shared/Warnings";
import { currentOf, runsOf, TrainingView } from "../training/TrainingView";
import { Notes } from "./Notes";
import { RefusedEdit } from "./RefusedEdit";
import { SuggestedLayers } from "./SuggestedLayers";
import { Timeline } from "./Timeline";
import { Toolbar } from "./Toolbar";

const COLUMNS = columnsOf("summary");
const BATCH = 32; // as in fit
const MARKED_FOR = 1600; // ms for which a new row is highlighted

type Tab = "layers" | "training";

export function SummaryPanel({ connection }: { connection: PanelConnection }) {
  const { traits } = connection;
  const tab = useSignal<Tab>("layers");
  const visited = useSignal(false); // a tab keeps what was chosen in it
  const [error] = useErrorBoundary();
  if (error) return <p class="sw-message">{t("This panel could not be drawn: {error}", { error: String(error) })}</p>;

  const { live, mark } = standing(connection.status.value, traits.gone.value);
  const hasRuns = runsOf(traits).length > 0;
  const shown = hasRuns ? tab.value : "layers";
  return (
    <>
      <Header stack={traits.stack.value} mark={mark} />
      {traits.error.value && (
        <p class="sw-message" role="alert">
          {traits.error.value}
        </p>
      )}
      <Stale connection={connection} live={live} />
      <Waits connection={connection} />
      {hasRuns && (
        <Tabs
          tabs={{ layers: t("Layers"), training: t("Training") }}
          shown={shown}
          remark={{ training: progressOf(currentOf(traits)) }}
          onShow={(chosen) => {
            tab.value = chosen;
            visited.value ||= chosen === "training";
          }}
        />
      )}
      <div role={hasRuns ? "tabpanel" : undefined} hidden={shown !== "layers"}>
        <LayersView connection={connection} live={live} />
      </div>
      {visited.value && (
        <div role="tabpanel" hidden={shown !== "training"}>
          <TrainingView connection={connection} live={live} />
        </div>
      )}
    </>
  );
}

function progressOf(run: TrainingRun | null): string | undefined {
  return run ? t("epoch {epoch} of {epochs}", { epoch: run.epoch, epochs: run.epochs }) : undefined;
}

function LayersView({ connection, live }: { connection: PanelConnection; live: boolean }) {
  const { traits, set, ask, act } = connection;
  const opened = useSignal<ReadonlySet<string>>(new Set());
  const fresh = useFresh(connection);
  const times = "layers" in traits.times.value ? traits.times.value : null;
  const timed = useComputed(() =>
    withTimes(traits.stack.value.rows, "layers" in traits.times.value ? traits.times.value.layers : undefined),
  );
  const rows = useComputed(() =>
    visibleRows(
      timed.value,
      opened.value,
      traits.folded.value ? traits.folds.value : [],
      traits.unfolded.value,
      traits.rails.value,
    ),
  );
  const flow = useComputed(() => {
    const row = traits.hovered.value >= 0 ? traits.hovered.value : traits.selected.value;
    const closed = rows.value.flatMap(({ fold, folded }) => (fold && folded ? [fold] : []));
    return flowThrough(row, traits.flow.value, traits.stack.value.rows, closed);
  });
  const updates = useComputed(
    () =>
      new Map(
        runsOf(traits)
          .at(-1)
          ?.layers.map((layer) => [layer.path, layer]),
      ),
  );
  const measured = updates.value.size > 0;
  const columns = useComputed(() =>
    COLUMNS.filter(
      ({ id, format }) =>
        !traits.hidden_columns.value.includes(id) &&
        (format !== "updates" || updates.value.size > 0) &&
        (format !== "time" || "layers" in traits.times.value),
    ),
  );
  const stack = traits.stack.value;
  const onHover = (row: number) => set("hovered", row, { here: true });
  const onSelect = (row: number) => set("selected", row === traits.selected.value ? -1 : row);
  const onOpen = (key: string) => {
    const next = new Set(opened.value);
    if (!next.delete(key)) next.add(key);
    opened.value = next;
  };
  const onFold = (row: number) => {
    const others = traits.unfolded.value.filter((one) => one !== row);
    set("unfolded", others.length < traits.unfolded.value.length ? others : [...others, row]);
  };
  const refusal = "layer" in traits.refused.value ? (traits.refused.value as Refusal) : null;
  const form = "blocks" in traits.form.value ? (traits.form.value as Diagram) : null;
  const steps = "what" in traits.steps.value ? (traits.steps.value as Steps) : null;
  const shared = {
    hovered: traits.hovered.value,
    selected: traits.selected.value,
    fresh: fresh.value,
    flow: flow.value,
    onHover,
    onSelect,
    onFold,
  };
  const pictured = () => ({
    size_by: traits.size_by.value,
    color_by: traits.color_by.value,
    folded: traits.folded.value,
    unfolded: traits.unfolded.value,
    theme: traits.theme.value,
    layout: traits.arrangement.value,
  });
  return (
    <>
      <Failed connection={connection} />
      <Toolbar
        live={live}
        sizeBy={traits.size_by.value}
        colorBy={traits.color_by.value}
        folded={traits.folded.value}
        foldable={traits.folds.value.length > 0}
        measured={measured}
        timed={times !== null}
        onMeasure={(onProgress) =>
          ask("measure_time", { batch_size: BATCH }, onProgress).then(() =>
            set(
              "hidden_columns",
              traits.hidden_columns.value.filter((id) => id !== "measured_time"),
            ),
          )
        }
        onStop={() => ask("stop")}
        hidden={traits.hidden_columns.value}
        onSizeBy={(value) => set("size_by", value)}
        onColorBy={(value) => set("color_by", value)}
        onFold={(value) => {
          set("unfolded", []);
          set("folded", value);
        }}
        code={steps && (() => ask("code").then(({ facts }) => facts.code))}
        picture={{
          theme: traits.theme.value,
          arrangement: traits.arrangement.value,
          onTheme: (value) => set("theme", value),
          onArrangement: (value) => set("arrangement", value),
          onChosen: (chosen) => {
            for (const name of ["size_by", "color_by", "theme", "folded"] as const)
              if (chosen[name] !== undefined) set(name, chosen[name] as never);
            if (chosen.layout) set("arrangement", chosen.layout as never);
          },
          ask: (more) => ask("preset", { ...pictured(), ...more }).then(({ facts }) => facts),
          onSave: (more) =>
            ask("picture", { ...pictured(), ...more }).then(({ facts }) =>
              save(new Blob([facts.svg], { type: "image/svg+xml" }), `${stack.name}.svg`),
            ),
        }}
        toasts={traits.toasts.value}
        onToasts={(on) => set("toasts", on)}
        table={() => tabSeparated(columns.value, timed.value)}
        onHide={(hidden) => {
          remember(hidden);
          set("hidden_columns", hidden);
        }}
      />
      {steps && steps.count > 1 && (
        <Timeline
          steps={steps}
          live={live}
          ask={ask}
          onGo={(position) => act("go", { position, seen: [steps.position, steps.count] })}
        />
      )}
      {refusal && (
        <RefusedEdit
          refusal={refusal}
          form={form}
          live={live}
          onApply={(index) => act("fix", { index, layer: refusal.layer })}
        />
      )}
      <ShapeDiagram diagram={traits.diagram.value} {...shared} />
      <LayerTable
        rows={rows.value}
        totals={stack.totals}
        refusal={refusal}
        columns={columns.value}
        updates={updates.value}
        switching={switchingOf(connection, live)}
        onOpen={onOpen}
        {...shared}
      />
      {times && columns.value.some(({ format }) => format === "time") && (
        <p class="sw-hint">
          {t(
            "Time alone: each layer runs by itself on random values, for a batch of {size}; the sum is not the time of a step, where the compiler merges operations.",
            { size: times.batch_size },
          )}
        </p>
      )}
      {steps && (
        <SuggestedLayers edit={traits.edit.value} live={live} ask={ask} onAdd={(code) => act("add", { code })} />
      )}
      <Notes
        stack={stack}
        remarks={traits.remarks.value}
        silent={traits.silent.value}
        live={live}
        onSilence={(key) => act("silence", { key })}
        onUnsilence={() => act("unsilence")}
      />
    </>
  );
}

/** Return the rows that were just added, for a short time; none when a view opens. */
function useFresh({ traits }: PanelConnection): Signal<ReadonlySet<number>> {
  const fresh = useSignal<ReadonlySet<number>>(new Set());
  const seen = useRef(traits.edit.peek());
  useSignalEffect(() => {
    const edit = traits.edit.value;
    if (edit === seen.current) return;
    seen.current = edit;
    fresh.value = new Set(traits.changed.peek());
    const timer = setTimeout(() => {
      fresh.value = new Set();
    }, MARKED_FOR);
    return () => clearTimeout(timer);
  });
  return fresh;
}
