// The feature-map viewer of one model.

import { useComputed, useSignal, useSignalEffect } from "@preact/signals";
import { useEffect, useErrorBoundary, useMemo, useRef } from "preact/hooks";
import type { FeatureMapsTraits } from "../generated/traits";
import type { Connection } from "../shared/connection";
import { count } from "../shared/formatting";
import { t, tn } from "../shared/language";
import type { Ask } from "../shared/requests";
import { ShapeDiagram } from "../shared/ShapeDiagram";
import { type Mark, standing } from "../shared/status";
import { Bars } from "./Bars";
import { ChannelInspector } from "./ChannelInspector";
import { ColorBar } from "./ColorBar";
import { Controls } from "./Controls";
import { Downloads } from "./Downloads";
import { counted, exact, figure, place as placeOf } from "./formatting";
import { type Health, HealthTable, marksOf } from "./HealthTable";
import { MapGrid } from "./MapGrid";
import { type Maps, Store } from "./mapStore";
import { ProgressBar } from "./ProgressBar";
import { Probe, trueCell } from "./probe";
import { Samples } from "./Samples";
import { ownRange, tileOf, useView, type View } from "./viewState";

const NOTHING_NEW: ReadonlySet<number> = new Set();

export function FeatureMapsPanel({ connection }: { connection: Connection<FeatureMapsTraits> }) {
  const { traits, set, ask } = connection;
  const store = useMemo(() => new Store(connection.ask), [connection]);
  useEffect(() => () => store.dispose(), [store]);
  const body = useRef<HTMLDivElement>(null);
  const ratio = window.devicePixelRatio;
  const view = useView(connection, store, ratio);
  const probe = useMemo(() => new Probe(ask), [ask]);
  const health = useSignal<Health | null>(null);
  const marks = useComputed(() =>
    marksOf(health.value, store.maps.value?.wish.layer ?? "", store.maps.value?.version ?? 0),
  );
  useEffect(() => {
    const watcher = new ResizeObserver(([entry]) => {
      view.available.value = Math.floor(entry?.contentRect.width ?? 0);
    });
    watcher.observe(body.current as Element);
    return () => watcher.disconnect();
  }, [view.available]);
  useSignalEffect(() => {
    store.maps.value;
    traits.channel.value;
    probe.look(null, null);
  });
  const [failure] = useErrorBoundary();
  if (failure)
    return <p class="sw-message">{t("These maps could not be drawn: {error}", { error: String(failure) })}</p>;

  const maps = store.maps.value;
  const point = view.point.value;
  const chosen = traits.channel.value;
  const onChoose = (channel: number) => set("channel", channel === traits.channel.value ? -1 : channel);
  const onLayer = (path: string) => set("layer", path);
  const onRow = (row: number) => {
    const there = traits.points.value.find((one) => one.row === row);
    if (there) onLayer(there.path);
  };
  const { live, mark } = standing(connection.status.value);
  const error = traits.error.value || store.error.value;
  return (
    <>
      <Head connection={connection} view={view} maps={maps} live={live} mark={mark} />
      <div inert={!live}>
        {error && (
          <p class="sw-message">
            {error}{" "}
            {store.error.value && (
              <button type="button" class="sw-link" onClick={view.refresh}>
                {t("Try again")}
              </button>
            )}
          </p>
        )}
        <ShapeDiagram
          diagram={traits.diagram.value}
          hovered={-2}
          selected={point?.row ?? -2}
          fresh={NOTHING_NEW}
          onHover={() => {}}
          onSelect={onRow}
        />
        {traits.samples.value > 1 && (
          <Samples
            ask={ask}
            count={traits.samples.value}
            sample={traits.sample.value}
            onChoose={(sample) => set("sample", sample)}
          />
        )}
        <Controls connection={connection} maps={maps} point={point} />
        {store.progress.value && (
          <ProgressBar
            label={t("Computing layer {done} of {of}", { ...store.progress.value })}
            progress={store.progress.value}
            onStop={() => ask("stop")}
          />
        )}
        <div
          ref={body}
          class={`sw-body${view.behind.value ? " is-behind" : ""}${store.asking.value ? " is-waiting" : ""}`}
          aria-busy={store.asking.value}
        >
          {maps && (
            <>
              <Legend connection={connection} view={view} maps={maps} probe={probe} />
              {maps.form === "vector" ? (
                <Bars
                  maps={maps}
                  channels={view.shown.value}
                  classes={traits.classes.value}
                  chosen={chosen}
                  marks={marks.value}
                  onChoose={onChoose}
                />
              ) : (
                view.arrangement.value && (
                  <MapGrid
                    channels={view.shown.value}
                    tiles={view.tiles.value}
                    size={maps.size}
                    arrangement={view.arrangement.value}
                    available={view.available.value}
                    ratio={ratio}
                    chosen={chosen}
                    marks={marks.value}
                    label={t("{layer}: {maps}; channels {channels}", {
                      layer: maps.wish.layer || t("input"),
                      maps: describe(maps),
                      channels: view.shown.value.join(", "),
                    })}
                    onSpot={(spot) => {
                      const { factor, height, width } = maps;
                      probe.look(
                        maps,
                        spot && {
                          channel: spot.channel,
                          row: trueCell(spot.row, factor, height),
                          column: trueCell(spot.column, factor, width),
                        },
                      );
                    }}
                    onChoose={onChoose}
                    onPage={(step) => turn(view, step)}
                  />
                )
              )}
              <div class="sw-below">
                <Pager view={view} channels={maps.channels} />
                <Downloads
                  ask={ask}
                  maps={maps}
                  name={traits.name.value}
                  onError={(message) => {
                    store.error.value = message;
                  }}
                />
              </div>
              <Enlarged connection={connection} view={view} maps={maps} ask={ask} probe={probe} store={store} />
            </>
          )}
        </div>
        <HealthTable
          ask={ask}
          health={health.value}
          version={traits.state.value}
          samples={traits.samples.value}
          onHealth={(found) => {
            health.value = found;
          }}
          onLayer={onLayer}
        />
        {traits.notes.value.length > 0 && (
          <ul class="sw-notes">
            {traits.notes.value.map((note) => (
              <li key={note}>{note}</li>
            ))}
          </ul>
        )}
      </div>
    </>
  );
}

function describe(maps: Maps): string {
  return counted(maps.form, maps.channels, maps.slices, maps.height, maps.width);
}

function turn({ page, pages }: View, step: number): void {
  page.value = Math.min(pages.value - 1, Math.max(0, Math.min(page.value, pages.value - 1) + step));
}

interface HeadProps {
  connection: Connection<FeatureMapsTraits>;
  view: View;
  maps: Maps | null;
  live: boolean;
  mark: Mark | null;
}

function Head({ connection: { traits, set }, view, maps, live, mark }: HeadProps) {
  return (
    <div class="sw-head">
      <span class="sw-name" title={traits.name.value}>
        <bdi>{traits.name.value}</bdi>
      </span>
      <label class="sw-layer-choice">
        {t("Layer")}
        <select
          disabled={!live}
          value={traits.layer.value}
          onChange={(event) => set("layer", event.currentTarget.value)}
        >
          {traits.points.value.map(({ path, depth, shape }) => (
            <option key={path} value={path}>
              {`${"\u00a0\u00a0".repeat(depth)}${path || t("input")}  ${shape}`}
            </option>
          ))}
        </select>
      </label>
      <span class="sw-stat">
        {maps && describe(maps)}
        {maps &&
          maps.factor > 1 &&
          maps.form !== "vector" &&
          t(", shown at 1/{factor}: means of {cells} cells", { factor: maps.factor, cells: cellsOf(maps) })}
      </span>
      {mark ? (
        <span class="sw-state sw-state-gone" role="status" title={mark.why}>
          {mark.label}
        </span>
      ) : (
        view.behind.value && (
          <span class="sw-state sw-state-broken" role="status">
            {t("outdated: {what}", { what: traits.changed.value })}{" "}
            <button type="button" class="sw-link" onClick={view.refresh}>
              {t("Refresh")}
            </button>
          </span>
        )
      )}
    </div>
  );
}

function cellsOf({ factor, height }: Maps): string {
  return height === 1 ? String(factor) : `${factor}×${factor}`;
}

interface LegendProps {
  connection: Connection<FeatureMapsTraits>;
  view: View;
  maps: Maps;
  probe: Probe;
}

/** The colour bar, and the value under the pointer. */
function Legend({ connection: { traits }, view, maps, probe }: LegendProps) {
  const place = probe.place.value;
  const value = probe.value.value;
  const channel = place?.channel ?? traits.channel.value;
  const known = channel >= 0 && channel < maps.channels;
  const own = known ? ownRange(maps, channel) : null;
  const perChannel = traits.scale.value === "channel";
  return (
    <div class="sw-legend">
      {maps.form !== "vector" && (
        <ColorBar
          colors={view.colors.value}
          range={perChannel ? own : view.whole.value}
          diverging={traits.colormap.value === "diverging"}
          what={
            perChannel ? (known ? t("channel {number}", { number: channel }) : t("each channel")) : t("all channels")
          }
        />
      )}
      <output class="sw-readout" aria-live="off">
        {place && (
          <>
            {t("channel {number}, {place}:", {
              number: place.channel,
              place: placeOf(maps.form, place.row, place.column),
            })}{" "}
            <b>{value === null ? "…" : exact(value)}</b>
          </>
        )}
        {!place && known && <Summary maps={maps} channel={channel} />}
      </output>
    </div>
  );
}

function Summary({ maps: { figures }, channel }: { maps: Maps; channel: number }) {
  const at = (values: ArrayLike<number>) => figure(values[channel] as number);
  const bad = figures.not_finite[channel] as number;
  return (
    <>
      {t("channel {number} · {low} to {high} · mean {mean} · variance {variance} · {zeros} % zeros", {
        number: channel,
        low: at(figures.low),
        high: at(figures.high),
        mean: at(figures.mean),
        variance: at(figures.variance),
        zeros: figure(100 * (figures.zeros[channel] as number)),
      })}
      {bad > 0 && t(" · {count} not finite", { count: bad })}
    </>
  );
}

function Pager({ view, channels }: { view: View; channels: number }) {
  const pages = view.pages.value;
  const page = Math.min(view.page.value, pages - 1);
  if (pages < 2) return <span class="sw-stat">{tn("{n} channel", "{n} channels", channels)}</span>;
  return (
    <span class="sw-pager">
      <button type="button" class="sw-button" disabled={page === 0} onClick={() => turn(view, -1)}>
        {t("‹ Previous")}
      </button>
      <label>
        {t("Page")}
        <input
          type="number"
          min={1}
          max={pages}
          value={page + 1}
          onChange={(event) => turn(view, event.currentTarget.valueAsNumber - 1 - page || 0)}
        />
        {t("of {pages}, {channels} channels", { pages, channels: count(channels) })}
      </label>
      <button type="button" class="sw-button" disabled={page === pages - 1} onClick={() => turn(view, 1)}>
        {t("Next ›")}
      </button>
    </span>
  );
}

interface EnlargedProps extends LegendProps {
  ask: Ask;
  store: Store;
}

function Enlarged({ connection: { traits, set }, view, maps, ask, probe, store }: EnlargedProps) {
  store.arrived.value;
  const channel = traits.channel.value;
  if (channel < 0 || channel >= maps.channels) return null;
  const tile = tileOf(maps, channel, view.colors.value, view.whole.value, traits.colormap.value === "diverging");
  if (!tile) return null;
  const classes = traits.classes.value;
  const named = maps.form === "vector" && classes.length === maps.channels;
  return (
    <ChannelInspector
      key={`${maps.wish.layer}#${channel}`}
      ask={ask}
      probe={probe}
      maps={maps}
      channel={channel}
      name={named ? (classes[channel] as string) : String(channel)}
      tile={tile}
      ratio={window.devicePixelRatio}
      available={view.available.value}
      onClose={() => set("channel", -1)}
    />
  );
}
