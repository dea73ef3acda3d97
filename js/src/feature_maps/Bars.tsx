// A vector, drawn as bars that start at zero.

import { linearScale } from "../shared/scales";
import { figure } from "./formatting";
import { type Maps, wholeRange } from "./mapStore";

interface Props {
  maps: Maps;
  channels: readonly number[];
  classes: readonly string[];
  chosen: number;
  marks: ReadonlyMap<number, string>;
  onChoose: (channel: number) => void;
}

export function Bars({ maps, channels, classes, chosen, marks, onChoose }: Props) {
  const [low, high] = wholeRange(maps.figures);
  const scale = linearScale([Math.min(0, low), Math.max(0, high)], [0, 100]);
  const named = classes.length === maps.channels;
  return (
    <ul class="sw-bars">
      {channels.map((channel) => {
        const value = maps.figures.not_finite[channel] ? Number.NaN : (maps.figures.low[channel] as number);
        const [from, to] = [scale.at(0), scale.at(value || 0)];
        return (
          <li key={channel}>
            <button
              type="button"
              class={channel === chosen ? "is-chosen" : ""}
              aria-pressed={channel === chosen}
              onClick={() => onChoose(channel)}
            >
              <span class="sw-bars-name">
                <bdi>{named ? classes[channel] : channel}</bdi> {marks.get(channel)}
              </span>
              <span class="sw-bars-track">
                <i style={{ left: `${Math.min(from, to)}%`, width: `${Math.abs(to - from)}%` }} />
              </span>
              <span class="sw-bars-value">{figure(value)}</span>
            </button>
          </li>
        );
      })}
    </ul>
  );
}
