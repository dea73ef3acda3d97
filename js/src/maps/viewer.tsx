// The whole viewer of one model's feature maps.

import { type Signal, useComputed, useSignal, useSignalEffect } from "@preact/signals";
import { useEffect, useErrorBoundary, useRef } from "preact/hooks";
import type { ConnectionTo } from "../traits";
import { arrange, limit } from "./arrange";
import { centred, palette, type Range, table } from "./colors";
import { Grid, type Spot } from "./grid";
import { sorted } from "./order";
import type { Ask } from "./requests";
import { type Maps, type Store, wholeRange } from "./store";
import type { MapsTraits } from "./types";

const PAGE = 64;

interface Props {
  connection: ConnectionTo<MapsTraits>;
  ask: Ask;
  store: Store;
  offline: Signal<boolean>;
}

export function Viewer({ connection, store }: Props) {
  const { traits, set } = connection;
  const body = useRef<HTMLDivElement>(null);
  const available = useSignal(0);
  const page = useSignal(0);
  const spot = useSignal<Spot | null>(null);
  const ratio = window.devicePixelRatio;
  useEffect(() => {
    const watcher = new ResizeObserver(([entry]) => {
      available.value = Math.floor(entry?.contentRect.width ?? 0);
    });
    watcher.observe(body.current as Element);
    return () => watcher.disconnect();
  }, []);
  useSignalEffect(() => {
    if (!available.value) return;
    traits.version.value;
    const layer = traits.layer.value;
    const form = traits.points.value.find(({ path }) => path === layer)?.form ?? "maps";
    store.show({
      layer,
      sample: traits.sample.value,
      slice: 0,
      filters: false,
      limit: limit(form, available.value, ratio),
    });
  });
  const order = useComputed(() => (store.maps.value ? sorted("index", store.maps.value, null) : []));
  const shown = useComputed(() => order.value.slice(page.value * PAGE, (page.value + 1) * PAGE));
  const [error] = useErrorBoundary();
  if (error) return <p class="sw-message">{`These maps could not be drawn: ${error}`}</p>;
  const maps = store.maps.value;
  store.arrived.value;
  return (
    <>
      <div class="sw-tools">
        <label>
          Layer
          <select value={traits.layer.value} onChange={(event) => set("layer", event.currentTarget.value)}>
            {traits.points.value.map(({ path }) => (
              <option key={path} value={path}>
                {path}
              </option>
            ))}
          </select>
        </label>
      </div>
      {store.error.value && <p class="sw-message">{store.error.value}</p>}
      <div ref={body} class="sw-body">
        {maps && available.value > 0 && (
          <Grid
            channels={shown.value}
            tiles={tilesOf(maps, shown.value, connection)}
            size={maps.size}
            arrangement={arrange("maps", shown.value.length, maps.size, available.value, ratio)}
            available={available.value}
            ratio={ratio}
            chosen={traits.channel.value ?? -1}
            marks={new Map()}
            label="maps"
            onSpot={(next) => {
              spot.value = next;
            }}
            onChoose={(channel) => set("channel", channel)}
            onPage={() => {}}
          />
        )}
      </div>
    </>
  );
}

function tilesOf(maps: Maps, channels: readonly number[], { traits }: ConnectionTo<MapsTraits>) {
  const colors = table(traits.colors.value, traits.colormap.value);
  const whole = traits.scale.value === "channel" ? null : wholeRange(maps.figures);
  return channels.map((channel) => {
    const codes = maps.tiles.get(channel);
    if (!codes) return null;
    const own: Range = [maps.figures.low[channel] as number, maps.figures.high[channel] as number];
    const range = whole ?? own;
    return {
      codes,
      palette: palette(colors, own, traits.colormap.value === "diverging" ? centred(range) : range),
    };
  });
}
