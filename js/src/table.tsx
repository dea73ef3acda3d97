// The layer table.

import { memo } from "preact/compat";
import { useEffect, useRef } from "preact/hooks";
import type { Column } from "./columns";
import { t } from "./language";
import type { VisibleRow } from "./rows";
import { SwitchCell, type Switching } from "./switch";
import type { Refusal, Totals } from "./types";
import { DASH, training } from "./words";

interface Props {
  rows: VisibleRow[];
  totals: Totals;
  refusal: Refusal | null;
  columns: Column[];
  switching: Switching;
  hovered: number;
  selected: number;
  fresh: ReadonlySet<number>;
  onHover: (row: number) => void;
  onSelect: (row: number) => void;
  onOpen: (path: string) => void;
}

export function Table(props: Props) {
  const { rows, totals, refusal, columns, switching, hovered, selected, fresh, onHover, onSelect, onOpen } = props;
  const scroll = useRef<HTMLDivElement>(null);
  const newest = Math.max(-1, ...fresh);
  useEffect(() => {
    if (newest >= 0) bringIntoView(scroll.current, newest);
  }, [newest]);
  const onKeyDown = (event: KeyboardEvent) => {
    const here = rows.findIndex(({ position }) => position === selected);
    const there = {
      ArrowDown: here + 1,
      ArrowUp: here < 0 ? rows.length - 1 : here - 1,
      Home: 0,
      End: rows.length - 1,
    }[event.key];
    const row = rows[there ?? -1];
    if (row) {
      onSelect(row.position);
      bringIntoView(scroll.current, row.position);
    } else if (event.key === "Escape") onSelect(-1);
    else return;
    event.preventDefault();
    event.stopPropagation(); // the notebook moves between cells with the same keys
  };
  return (
    <div
      class="sw-scroll sw-rows"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls has to be reachable by keyboard
      tabIndex={0}
      role="group"
      aria-label={t("Layers; arrow keys select one")}
      ref={scroll}
      onKeyDown={onKeyDown}
    >
      <table class="sw-table">
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.id} scope="col" data-column={column.id} class={column.number && "sw-num"}>
                {t(column.header)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody onMouseLeave={() => onHover(-1)}>
          {rows.map((row) => (
            <Row
              key={row.position}
              row={row}
              columns={columns}
              switching={switching}
              states={`${row.position === hovered ? "is-hovered " : ""}${row.position === selected ? "is-selected " : ""}${fresh.has(row.position) ? "is-new" : ""}`}
              onHover={onHover}
              onSelect={onSelect}
              onOpen={onOpen}
            />
          ))}
          {refusal && <RefusedRow refusal={refusal} columns={columns} />}
        </tbody>
        <tfoot>
          <tr>
            {columns.map((column) => (
              <td key={column.id} data-column={column.id} class={column.number && "sw-num"}>
                {column.total?.(totals)}
              </td>
            ))}
          </tr>
        </tfoot>
      </table>
    </div>
  );
}

interface RowProps extends Pick<Props, "onHover" | "onSelect" | "onOpen"> {
  row: VisibleRow;
  columns: Column[];
  switching: Switching;
  states: string;
}

const Row = memo(
  ({ row: visible, columns, switching, states, onHover, onSelect, onOpen }: RowProps) => {
    const { row, position } = visible;
    return (
      <tr
        class={states.trim()}
        data-row={position}
        data-depth={row.depth}
        aria-selected={states.includes("is-selected") || undefined}
        onMouseEnter={() => onHover(position)}
        onClick={() => onSelect(position)}
      >
        {columns.map((column) =>
          column.id === "layer" ? (
            <LayerCell key="layer" visible={visible} onOpen={onOpen} told={columns.some(({ id }) => id === "step")} />
          ) : column.id === "trains" ? (
            <SwitchCell key="trains" visible={visible} switching={switching} />
          ) : (
            <td
              key={column.id}
              data-column={column.id}
              class={column.number && "sw-num"}
              title={row.unknown[column.id] ?? column.exact?.(row)}
            >
              {cell(column.text(row))}
            </td>
          ),
        )}
      </tr>
    );
  },
  (a, b) =>
    a.states === b.states &&
    a.columns.length === b.columns.length &&
    sameSwitch(a, b) &&
    a.columns.every((column, at) => column === b.columns[at]) &&
    (Object.keys(a.row) as (keyof VisibleRow)[]).every((key) => a.row[key] === b.row[key]),
);

function RefusedRow({ refusal, columns }: { refusal: Refusal; columns: Column[] }) {
  const before = columns.findIndex((column) => column.id === "layer");
  return (
    <tr class="is-refused">
      {columns.slice(0, before).map((column) => (
        <td key={column.id} />
      ))}
      <th scope="row" data-column="layer" class="sw-layer">
        <span class="sw-swatch" />
        <bdi>{refusal.layer}</bdi>
        <span class="sw-type">{refusal.type}</span>
      </th>
      <td colSpan={columns.length - before - 1}>{refusal.arithmetic || t("does not fit")}</td>
    </tr>
  );
}

function sameSwitch(a: RowProps, b: RowProps): boolean {
  const { position, row } = a.row;
  return (
    a.switching.live === b.switching.live &&
    a.switching.states[position] === b.switching.states[position] &&
    a.switching.waiting.flags?.[row.path] === b.switching.waiting.flags?.[row.path]
  );
}

function LayerCell({
  visible: { row, count, nested, open },
  onOpen,
  told,
}: {
  visible: VisibleRow;
  onOpen: (path: string) => void;
  /** Whether other columns tell what trains. */
  told: boolean;
}) {
  return (
    <th scope="row" data-column="layer" class="sw-layer" title={row.path}>
      {nested && (
        <button
          type="button"
          class="sw-open"
          aria-expanded={open}
          aria-label={t("Layers of {name}", { name: row.name })}
          onClick={(event) => {
            event.stopPropagation();
            onOpen(row.path);
          }}
        >
          {open ? "▾" : "▸"}
        </button>
      )}
      <span class={`sw-swatch kind-${row.kind}`} />
      <bdi>{row.name}</bdi>
      <span class="sw-type">
        {row.type}
        {count > 1 && ` ×${count}`}
        {!told && training(row)}
      </span>
      {row.notes.length > 0 && (
        <span class="sw-sign" role="img" aria-label={t("Note")} title={row.notes.map((note) => note.text).join(" ")}>
          ▲
        </span>
      )}
    </th>
  );
}

function cell(text: string) {
  return text === DASH ? <span class="sw-dash">{DASH}</span> : text;
}

/** Scrolls inside the table only, and not under its sticky head and foot. */
function bringIntoView(scroll: HTMLElement | null, position: number): void {
  const row = scroll?.querySelector(`tr[data-row="${position}"]`);
  if (!scroll || !row) return;
  const outer = scroll.getBoundingClientRect();
  const inner = row.getBoundingClientRect();
  const edge = 30;
  if (inner.bottom > outer.bottom - edge) scroll.scrollTop += inner.bottom - outer.bottom + edge;
  else if (inner.top < outer.top + edge) scroll.scrollTop -= outer.top + edge - inner.top;
}
