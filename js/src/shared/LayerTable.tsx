// The layer table.

import type { RefObject } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Fold, LayerUpdates, Refusal, Totals } from "../generated/records";
import { type Column, DOT_Y } from "../generated/tables";
import { cellOf, reasonOf, textOf, totalOf, withoutRoom } from "./columns";
import { type Flow, flowClass } from "./flow";
import { count, DASH, training } from "./formatting";
import { HiddenColumns } from "./HiddenColumns";
import { t, tn } from "./language";
import { memo } from "./memo";
import { SwitchCell, type Switching, stateOf } from "./TrainableSwitch";
import { type Updates, UpdatesOf } from "./UpdatesSparkline";
import { useVirtualRange } from "./useVirtualRange";
import type { VisibleRow } from "./visibleRows";

const STEP = 600; // px: the step in which the drawn part moves; see useVirtualRange.ts

interface Props {
  rows: VisibleRow[];
  totals: Totals;
  refusal: Refusal | null;
  columns: Column[];
  /** The column that is never hidden, besides the layer column. */
  stays?: string;
  switching: Switching;
  /** The updates of the layers in the last run, by path. */
  updates?: Updates;
  hovered: number;
  selected: number;
  fresh: ReadonlySet<number>;
  /** What feeds the hovered or selected row, and what it feeds, in a model that is not a chain. */
  flow?: Flow | null;
  onHover: (row: number) => void;
  onSelect: (row: number) => void;
  onOpen: (key: string) => void;
  onFold?: ((position: number) => void) | undefined;
}

export function LayerTable(props: Props) {
  const {
    rows,
    totals,
    refusal,
    switching,
    updates,
    hovered,
    selected,
    fresh,
    flow = null,
    onHover,
    onSelect,
    onOpen,
    onFold,
  } = props;
  const scroll = useRef<HTMLDivElement>(null);
  const hidden = useHidden(scroll, props);
  const columns = useMemo(() => props.columns.filter((column) => !hidden.includes(column)), [props.columns, hidden]);
  const [height, setHeight] = useState(25);
  const [from, to] = useVirtualRange(scroll, "y", STEP, rows.length);
  const first = Math.min(rows.length, Math.max(0, Math.floor(from / height)));
  const drawn = rows.slice(first, Math.ceil(to / height));
  const whole = drawn.length === rows.length;
  useLayoutEffect(() => {
    const row = whole ? null : scroll.current?.querySelector("tr[data-row]");
    if (row) setHeight(row.getBoundingClientRect().height || 25);
  }, [whole]);
  const bringIntoView = (position: number) => {
    const at = rows.findIndex((row) => row.position === position);
    if (scroll.current && at >= 0) scrollTo(scroll.current, at * height, height);
  };
  const newest = Math.max(-1, ...fresh);
  useEffect(() => bringIntoView(newest), [newest]);
  useEffect(() => {
    // The refused layer is the last row.
    if (refusal && scroll.current) scroll.current.scrollTop = scroll.current.scrollHeight;
  }, [refusal?.layer]);
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
      bringIntoView(row.position);
    } else if (event.key === "Escape") onSelect(-1);
    else return;
    event.preventDefault();
    event.stopPropagation(); // the notebook uses the same keys to move between cells
  };
  return (
    <>
      <div
        class="sw-scroll sw-rows"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it must scroll by keyboard
        tabIndex={0}
        role="group"
        aria-label={t("Layers; arrow keys select one")}
        ref={scroll}
        onKeyDown={onKeyDown}
      >
        <table class={`sw-table${whole ? "" : " is-long"}`} aria-rowcount={whole ? undefined : rows.length + 2}>
          <thead>
            <tr>
              {columns.map((column) => (
                <th key={column.id} scope="col" data-column={column.id} class={column.number ? "sw-num" : undefined}>
                  {t(column.header)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody onMouseLeave={() => onHover(-1)}>
            <Room rows={first} height={height} />
            {drawn.map((row, at) => (
              <Row
                at={whole ? undefined : first + at + 2} // counts from 1, and the header is row 1
                key={row.position}
                row={row}
                columns={columns}
                switching={switching}
                updates={row.folded ? undefined : updates?.get(row.row.path)}
                states={`${row.position === hovered ? "is-hovered " : ""}${row.position === selected ? "is-selected " : ""}${fresh.has(row.position) ? "is-new" : ""}${flowClass(flow, row.position)}`}
                onHover={onHover}
                onSelect={onSelect}
                onOpen={onOpen}
                onFold={onFold}
              />
            ))}
            <Room rows={rows.length - first - drawn.length} height={height} />
            {!whole && <Widest rows={rows} columns={columns} />}
            {refusal && <RefusedRow refusal={refusal} columns={columns} />}
          </tbody>
          <tfoot>
            <tr>
              {columns.map((column) => (
                <td key={column.id} data-column={column.id} class={column.number ? "sw-num" : undefined}>
                  {totalOf(column, totals)}
                </td>
              ))}
            </tr>
          </tfoot>
        </table>
      </div>
      {hidden.length > 0 && (
        <HiddenColumns hidden={hidden} rows={rows} selected={selected} switching={switching} updates={updates} />
      )}
    </>
  );
}

/** Return the columns that do not fit in the panel. */
function useHidden(scroll: RefObject<HTMLDivElement>, { columns, rows, stays = "layer" }: Props): Column[] {
  const [room, setRoom] = useState(Number.POSITIVE_INFINITY);
  useLayoutEffect(() => {
    const box = scroll.current as HTMLDivElement;
    const measure = () => setRoom(box.clientWidth || Number.POSITIVE_INFINITY); // 0 if not visible
    measure();
    const watcher = new ResizeObserver(measure);
    watcher.observe(box);
    return () => watcher.disconnect();
  }, [scroll]);
  return useMemo(
    () =>
      withoutRoom(
        columns,
        rows.map(({ row }) => row),
        room - rows.reduce((most, { rail }) => Math.max(most, rail?.width ?? 0), 0),
        stays,
      ),
    [columns, rows, room, stays],
  );
}

interface RowProps extends Pick<Props, "onHover" | "onSelect" | "onOpen" | "onFold"> {
  row: VisibleRow;
  at: number | undefined;
  columns: Column[];
  switching: Switching;
  updates: LayerUpdates | undefined;
  states: string;
}

const Row = memo(
  ({ row: visible, at, columns, switching, updates, states, onHover, onSelect, onOpen, onFold }: RowProps) => {
    const { row, position } = visible;
    return (
      <tr
        class={states.trim()}
        data-row={position}
        aria-rowindex={at}
        data-depth={row.depth}
        style={row.depth ? { "--sw-depth": row.depth } : undefined}
        aria-selected={states.includes("is-selected") || undefined}
        onMouseEnter={() => onHover(position)}
        onClick={() => onSelect(position)}
      >
        {columns.map((column) =>
          column.format === "layer" ? (
            <LayerCell
              key="layer"
              visible={visible}
              onOpen={onOpen}
              onFold={onFold}
              told={columns.some(({ id }) => id === "step")}
            />
          ) : column.format === "switch" ? (
            <SwitchCell key="trains" visible={visible} switching={switching} />
          ) : column.format === "updates" ? (
            <td key={column.id} data-column={column.id}>
              <UpdatesOf layer={updates} />
            </td>
          ) : (
            <td
              key={column.id}
              data-column={column.id}
              class={column.number ? "sw-num" : undefined}
              title={reasonOf(column, row)}
            >
              {cell(cellOf(column, visible))}
            </td>
          ),
        )}
      </tr>
    );
  },
  (a, b) =>
    a.states === b.states &&
    a.at === b.at &&
    a.updates === b.updates &&
    a.columns.length === b.columns.length &&
    sameSwitch(a, b) &&
    a.columns.every((column, at) => column === b.columns[at]) &&
    (Object.keys(a.row) as (keyof VisibleRow)[]).every((key) => a.row[key] === b.row[key]),
);

/** Empty space in place of rows that are not drawn. */
function Room({ rows, height }: { rows: number; height: number }) {
  return rows > 0 && <tr style={{ height: `${rows * height}px` }} />;
}

/** A row with the longest text of each column, so that widths do not depend on the drawn rows. */
function Widest({ rows, columns }: { rows: VisibleRow[]; columns: Column[] }) {
  const longest = useMemo(
    () =>
      columns.map((column) =>
        rows
          .map(({ row }) => textOf(column, row))
          .reduce((best, text) => (text.length > best.length ? text : best), ""),
      ),
    [rows, columns],
  );
  return (
    <tr class="sw-widest">
      {columns.map((column, at) => (
        <td key={column.id} class={column.id === "layer" ? "sw-layer" : ""}>
          {longest[at]}
        </td>
      ))}
    </tr>
  );
}

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
  const { row } = a.row;
  return (
    a.switching.live === b.switching.live &&
    stateOf(a.row, a.switching) === stateOf(b.row, b.switching) &&
    a.switching.waiting.flags?.[row.path] === b.switching.waiting.flags?.[row.path]
  );
}

function LayerCell({
  visible: { row, position, fold, folded, nested, open, key, rail },
  onOpen,
  onFold,
  told,
}: {
  visible: VisibleRow;
  onOpen: (key: string) => void;
  onFold: ((position: number) => void) | undefined;
  /** Whether other columns show what trains. */
  told: boolean;
}) {
  // A long name is cut in the middle, unless it has characters that may belong together.
  const [, head, tail] = row.name.match(/^([ -~]+)([ -~]{10})$/) ?? ["", "", row.name];
  return (
    <th
      scope="row"
      data-column="layer"
      class="sw-layer"
      title={rail?.feeds ? `${row.path} ${rail.feeds}` : row.path}
      style={rail ? { "--sw-rail": `${rail.width}px` } : undefined}
    >
      {rail && (
        <svg class={`sw-rail kind-${row.kind}`} width={rail.width} aria-hidden="true">
          <path d={rail.path} />
          <path d={`M${rail.x} ${DOT_Y}z`} />
        </svg>
      )}
      {fold && <Opener name={fold.row.name} open={!folded} onOpen={() => onFold?.(position)} />}
      {nested && <Opener name={row.name} open={open} onOpen={() => onOpen(key)} />}
      {!rail && <span class={`sw-swatch kind-${row.kind}`} />}
      <bdi>
        <span class="sw-cut">{head}</span>
        {tail}
      </bdi>
      {row.notes && (
        <span class="sw-sign" role="img" aria-label={t("Note")} title={row.notes.join(" ")}>
          ▲
        </span>
      )}
      <span class="sw-type">
        {folded && fold ? repeats(fold) : row.type}
        {!told && training(row)}
      </span>
    </th>
  );
}

function Opener({ name, open, onOpen }: { name: string; open: boolean; onOpen: () => void }) {
  return (
    <button
      type="button"
      class="sw-open"
      aria-expanded={open}
      aria-label={t("Layers of {name}", { name })}
      onClick={(event) => {
        event.stopPropagation();
        onOpen();
      }}
    >
      {open ? "▾" : "▸"}
    </button>
  );
}

function repeats({ layers, count: repeats, channels, params, differs, row }: Fold): string {
  const said = [`${layers > 1 ? tn("{n} layer", "{n} layers", layers) : row.type} ×${repeats}`];
  const [least, most] = channels ?? params ?? [0, 0];
  if (channels) said.push(t("{least} to {most} channels", { least, most }));
  else if (params) said.push(t("{least} to {most} parameters each", { least: count(least), most: count(most) }));
  if (differs.length) said.push(t("different {settings}", { settings: differs.join(", ") }));
  return said.join(", ");
}

function cell(text: string) {
  return text === DASH ? <span class="sw-dash">{DASH}</span> : text;
}

/** Scroll only the table, and keep the row clear of its sticky header and footer. */
function scrollTo(scroll: HTMLElement, top: number, height: number): void {
  const edge = 30;
  const over = top + height + 2 * edge - (scroll.scrollTop + scroll.clientHeight);
  if (over > 0) scroll.scrollTop += over;
  else if (top < scroll.scrollTop) scroll.scrollTop = top;
}
