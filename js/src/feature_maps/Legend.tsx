// The colour bar, and the value under the pointer or the statistics of the selected channel.

import type { FeatureMapsTraits } from "../generated/traits";
import type { Connection } from "../shared/connection";
import { t } from "../shared/language";
import { ColorBar } from "./ColorBar";
import { exact, figure, place as placeOf } from "./formatting";
import type { Maps } from "./mapStore";
import type { Probe } from "./probe";
import { ownRange, type View } from "./viewState";

interface Props {
  connection: Connection<FeatureMapsTraits>;
  view: View;
  maps: Maps;
  probe: Probe;
}

export function Legend({ connection: { traits }, view, maps, probe }: Props) {
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
        {!place && known && <Statistics maps={maps} channel={channel} />}
      </output>
    </div>
  );
}

function Statistics({ maps: { figures }, channel }: { maps: Maps; channel: number }) {
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
