// How much an update changes the weights of each layer, and how this develops during the run.

import { figure } from "../feature_maps/formatting";
import type { LayerUpdates } from "../generated/records";
import { DASH } from "../generated/tables";
import { t } from "../shared/language";
import { lastRatio, UpdatesSparkline } from "../shared/UpdatesSparkline";

export function LayerUpdatesTable({ layers }: { layers: readonly LayerUpdates[] }) {
  if (layers.length === 0) return null;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <div class="sw-scroll sw-updates" tabIndex={0} role="group" aria-label={t("Updates of the layers")}>
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
            <th scope="col" class="sw-num sw-wide">
              {t("Norm of the weights")}
            </th>
          </tr>
        </thead>
        <tbody>
          {layers.map((layer) => (
            <tr key={layer.path}>
              <th scope="row">
                <bdi>{layer.path}</bdi> <span class="sw-type sw-wide">{layer.type}</span>
                {!layer.trains && <span class="sw-frozen">{t("frozen")}</span>}
              </th>
              <td class="sw-num">{lastRatio(layer)}</td>
              <td>
                <UpdatesSparkline layer={layer} />
              </td>
              <td class="sw-num sw-wide">{layer.norm === null ? DASH : figure(layer.norm)}</td>
            </tr>
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
