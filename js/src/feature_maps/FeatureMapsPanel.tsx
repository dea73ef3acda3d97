// The feature-map viewer of one model.

import { useComputed, useSignal, useSignalEffect } from "@preact/signals";
import { useEffect, useErrorBoundary, useMemo, useRef } from "preact/hooks";
import type { FeatureMapsTraits } from "../generated/traits";
import type { Connection } from "../shared/connection";
import { t } from "../shared/language";
import type { Ask } from "../shared/requests";
import { ShapeDiagram } from "../shared/ShapeDiagram";
import { standing } from "../shared/status";
import { Bars } from "./Bars";
import { ChannelInspector } from "./ChannelInspector";
import { Controls } from "./Controls";
import { Downloads } from "./Downloads";
import { Epochs } from "./Epochs";
import { describe } from "./formatting";
import { type Health, HealthTable, marksOf } from "./HealthTable";
import { Legend } from "./Legend";
import { MapGrid } from "./MapGrid";
import { MapsHeader } from "./MapsHeader";
import { type Maps, Store } from "./mapStore";
import { Pager, turn } from "./Pager";
import { ProgressBar } from "./ProgressBar";
import { Probe, trueCell } from "./probe";
import { Samples } from "./Samples";
import { tileOf, useView, type View } from "./viewState";

const NOTHING_NEW: ReadonlySet<number> = new Set();

export function FeatureMapsPanel({ connection }: { connection: Connection<FeatureMapsTraits> }) {
  const { traits, set, ask } = connection;
  const store = useMemo(() => new Store(connection.ask), [connection]);
  useEffect(() => () => store.dispose(), [store]);
  const body = useRef<HTMLDivElement>(null);
  const ratio = window.devicePixelRatio;
  const view = useView(connection, store, ratio, () => visiblePixels(body.current, ratio));
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
      <MapsHeader connection={connection} view={view} maps={maps} live={live} mark={mark} />
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
        <Epochs epochs={traits.epochs.value} shown={maps?.moment} moment={view.moment} />
        {store.progress.value && (
          <ProgressBar
            label={
              store.progress.value.of === null
                ? t("Computing all layers")
                : t("Computing layer {done} of {of}", store.progress.value as { done: number; of: number })
            }
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
                      // For an epoch, the kernel has only the small maps.
                      const cell = spot && {
                        channel: spot.channel,
                        row: trueCell(spot.row, factor, height),
                        column: trueCell(spot.column, factor, width),
                      };
                      probe.look(maps, maps.moment ? null : cell);
                    }}
                    onChoose={onChoose}
                    onPage={(step) => turn(view, step)}
                  />
                )
              )}
              <div class="sw-below">
                <Pager view={view} channels={maps.channels} />
                {!maps.moment && (
                  <Downloads
                    ask={ask}
                    maps={maps}
                    name={traits.name.value}
                    onError={(message) => {
                      store.error.value = message;
                    }}
                  />
                )}
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
          dataset={traits.dataset.value}
          analysing={traits.analysing}
          live={live}
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

/** Return the device pixels between the top of the maps and the end of the window; a quarter of the window at least. */
function visiblePixels(body: HTMLElement | null, ratio: number): number {
  const { top = 0, width = 0 } = body?.getBoundingClientRect() ?? {};
  return width * Math.max(window.innerHeight - Math.max(top, 0), window.innerHeight / 4) * ratio ** 2;
}

interface EnlargedProps {
  connection: Connection<FeatureMapsTraits>;
  view: View;
  maps: Maps;
  probe: Probe;
  ask: Ask;
  store: Store;
}

function Enlarged({ connection: { traits, set }, view, maps, ask, probe, store }: EnlargedProps) {
  store.arrived.value;
  const channel = traits.channel.value;
  if (channel < 0 || channel >= maps.channels || maps.moment) return null; // the kernel has only the small maps
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
