// How much an update changes the weights of each layer, and how many of its units are dead or saturated.

import { useSignal } from "@preact/signals";
import { figure } from "../feature_maps/formatting";
import type { LayerUnits, LayerUpdates } from "../generated/records";
import { DASH } from "../generated/tables";
import { t } from "../shared/language";
import { lastRatio, UpdatesSparkline } from "../shared/UpdatesSparkline";
import { WeightHistograms } from "./WeightHistograms";

interface Props {
  layers: readonly LayerUpdates[];
  units: readonly LayerUnits[];
  /** The paths of the model's layers, in order. */
  order: readonly string[];
}

export function LayerUpdatesTable({ layers, units, order }: Props) {
  const updates = new Map(layers.map((layer) => [layer.path, layer]));
  const examined = new Map(units.map((layer) => [layer.path, layer]));
  const alone = units.filter(({ path }) => !updates.has(path)); // layers without weights
  const rows = inOrder([...layers, ...alone], order);
  const distributions = useSignal(false);
  if (rows.length === 0) return null;
  const shows = distributions.value;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <div class="sw-scroll sw-updates" tabIndex={0} role="group" aria-label={t("Updates of the layers")}>
      {layers.some(({ histograms }) => histograms.length > 0) && (
        <div class="sw-tools">
          <label>
            <input
              type="checkbox"
              checked={shows}
              onChange={(event) => {
                distributions.value = event.currentTarget.checked;
              }}
            />
            {t("Distribution of the weights by epoch")}
          </label>
        </div>
      )}
      <table class="sw-table">
        <thead>
          <tr>
            <th scope="col">{t("Layer")}</th>
            <th
              scope="col"
              class="sw-num"
              title={t("Norm of the change over one batch, divided by the norm of the weights")}
            >
              {t("Update / weights")}
            </th>
            <th scope="col">{t("During the run (log)")}</th>
            {shows ? (
              <th scope="col">{t("Weights by epoch")}</th>
            ) : (
              <th scope="col" class="sw-num sw-wide">
                {t("Norm of the weights")}
              </th>
            )}
            {units.length > 0 && (
              <>
                <th scope="col" class="sw-num" title={t("Units that are never above zero on the probe samples")}>
                  {t("Dead units")}
                </th>
                <th
                  scope="col"
                  class="sw-num sw-wide"
                  title={t("Units with nearly all values at a bound on the probe samples")}
                >
                  {t("Saturated")}
                </th>
              </>
            )}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ path, type }) => (
            <Row
              key={path}
              path={path}
              type={type}
              layer={updates.get(path)}
              units={examined.get(path)}
              hasUnits={units.length > 0}
              shows={shows}
            />
          ))}
        </tbody>
      </table>
      <p class="sw-muted">
        {t(
          "The grey band is 0.0001 to 0.01; values near 0.001 are usual (CS231n). Far above: the learning rate may be too high. Far below: too low.",
        )}
      </p>
    </div>
  );
}

/** Return the layers in the model's order; layers that it no longer has come last. */
export function inOrder<T extends { path: string }>(layers: readonly T[], order: readonly string[]): T[] {
  const places = new Map(order.map((path, at) => [path, at]));
  const place = ({ path }: T) => places.get(path) ?? order.length;
  return layers.toSorted((a, b) => place(a) - place(b));
}

interface RowProps {
  path: string;
  type: string;
  layer: LayerUpdates | undefined;
  units: LayerUnits | undefined;
  hasUnits: boolean;
  /** Whether the distributions of the weights are shown. */
  shows: boolean;
}

function Row({ path, type, layer, units, hasUnits, shows }: RowProps) {
  return (
    <tr>
      <th scope="row">
        <bdi>{path}</bdi> <span class="sw-type sw-wide">{type}</span>
        {layer && !layer.trains && <span class="sw-frozen">{t("frozen")}</span>}
      </th>
      <td class="sw-num">{layer && lastRatio(layer)}</td>
      <td>{layer && <UpdatesSparkline layer={layer} />}</td>
      {shows ? (
        <td>{layer && <WeightHistograms histograms={layer.histograms} />}</td>
      ) : (
        <td class="sw-num sw-wide">{layer && (layer.norm === null ? DASH : figure(layer.norm))}</td>
      )}
      {hasUnits && <td class="sw-num">{share(units?.dead, units)}</td>}
      {hasUnits && <td class="sw-num sw-wide">{share(units?.saturated, units)}</td>}
    </tr>
  );
}

/** Return the last share, with all of them in a tooltip. */
function share(shares: readonly number[] | undefined, units: LayerUnits | undefined) {
  const last = shares?.at(-1);
  if (last === undefined || !units) return "";
  const all = shares?.map((one, at) =>
    t("epoch {epoch}: {share}", { epoch: units.epochs[at] as number, share: percent(one) }),
  );
  return <span title={all?.join("\n")}>{percent(last)}</span>;
}

function percent(value: number): string {
  return t("{percent} %", { percent: figure(Number((100 * value).toPrecision(2))) });
}
