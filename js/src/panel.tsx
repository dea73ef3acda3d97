// The whole panel of one model.

import { type Signal, useComputed, useSignal, useSignalEffect } from "@preact/signals";
import { useErrorBoundary, useMemo, useRef } from "preact/hooks";
import { COLUMNS, remember } from "./columns";
import { Figure } from "./diagram";
import { Head } from "./head";
import { visibleRows } from "./rows";
import { Refusal, Stale, Waits } from "./stale";
import { switchingOf } from "./switch";
import { Table } from "./table";
import { Tools } from "./tools";
import type { Connection } from "./traits";

const MARKED_FOR = 1600; // ms that a new row stays marked

let views = 0;

export function Panel({ connection, offline }: { connection: Connection; offline: Signal<boolean> }) {
  const { traits, set } = connection;
  const uid = useMemo(() => `seqwidget-${++views}`, []);
  const opened = useSignal<ReadonlySet<string>>(new Set());
  const fresh = useFresh(connection);
  const rows = useComputed(() =>
    visibleRows(traits.stack.value.rows, opened.value, traits.runs.value, traits.folded.value),
  );
  const [error] = useErrorBoundary();
  if (error) return <p class="sw-message">{`This panel could not be drawn: ${error}`}</p>;

  const stack = traits.stack.value;
  const gone = offline.value
    ? "The kernel that made this panel is gone: run the cell again. What you see is the last state."
    : traits.gone.value;
  const onHover = (row: number) => set("hovered", row, { here: true });
  const onSelect = (row: number) => set("selected", row === traits.selected.value ? -1 : row);
  const onOpen = (path: string) => {
    const next = new Set(opened.value);
    if (!next.delete(path)) next.add(path);
    opened.value = next;
  };
  const columns = COLUMNS.filter((column) => !traits.hidden_columns.value.includes(column.id));
  const shared = {
    hovered: traits.hovered.value,
    selected: traits.selected.value,
    fresh: fresh.value,
    onHover,
    onSelect,
  };
  return (
    <>
      <Head stack={stack} gone={gone} />
      {traits.error.value && <p class="sw-message">{traits.error.value}</p>}
      <Stale connection={connection} live={!gone} />
      <Waits connection={connection} />
      <Refusal connection={connection} />
      <Tools
        live={!gone}
        sizeBy={traits.size_by.value}
        colorBy={traits.color_by.value}
        folded={traits.folded.value}
        foldable={traits.runs.value.length > 0}
        hidden={traits.hidden_columns.value}
        onSizeBy={(value) => set("size_by", value)}
        onColorBy={(value) => set("color_by", value)}
        onFold={(value) => set("folded", value)}
        onHide={(hidden) => {
          remember(hidden);
          set("hidden_columns", hidden);
        }}
      />
      <Figure diagram={traits.diagram.value} uid={uid} {...shared} />
      <Table
        rows={rows.value}
        totals={stack.totals}
        columns={columns}
        switching={switchingOf(connection, !gone)}
        onOpen={onOpen}
        {...shared}
      />
      {traits.notes.value.length > 0 && (
        <ul class="sw-notes">
          {traits.notes.value.map((note) => (
            <li key={note}>{note}</li>
          ))}
        </ul>
      )}
    </>
  );
}

/** Gives the rows that just came, for a moment; none when a view opens. */
function useFresh({ traits }: Connection): Signal<ReadonlySet<number>> {
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
