// The header line: the layer, the size of its maps, and whether they are outdated.

import type { FeatureMapsTraits } from "../generated/traits";
import type { Connection } from "../shared/connection";
import { t } from "../shared/language";
import { PopOutButton } from "../shared/PopOut";
import type { Mark } from "../shared/status";
import { describe } from "./formatting";
import type { Maps } from "./mapStore";
import type { View } from "./viewState";

interface Props {
  connection: Connection<FeatureMapsTraits>;
  view: View;
  maps: Maps | null;
  live: boolean;
  mark: Mark | null;
}

export function MapsHeader({ connection: { traits, set }, view, maps, live, mark }: Props) {
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
      <span class="sw-icons">
        <PopOutButton />
      </span>
    </div>
  );
}

function cellsOf({ factor, height }: Maps): string {
  return height === 1 ? String(factor) : `${factor}×${factor}`;
}
