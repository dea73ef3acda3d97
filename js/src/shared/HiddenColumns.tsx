// The columns for which a panel is too narrow: their values for the selected layer, below the table.

import type { Column } from "../generated/tables";
import { cellOf, reasonOf, titleOf } from "./columns";
import { DASH } from "./formatting";
import { t } from "./language";
import { type Switching, TrainableSwitch } from "./TrainableSwitch";
import { type Updates, UpdatesOf } from "./UpdatesSparkline";
import type { VisibleRow } from "./visibleRows";

interface Props {
  rows: VisibleRow[];
  selected: number;
  switching: Switching;
  updates: Updates | undefined;
  hidden: Column[];
}

export function HiddenColumns({ hidden, rows, selected, switching, updates }: Props) {
  const visible = rows.find(({ position }) => position === selected);
  if (!visible) {
    const columns = hidden.map(titleOf).join(", ");
    return <p class="sw-hint">{t("Select a layer to see: {columns}", { columns })}</p>;
  }
  return (
    <dl class="sw-details">
      <div>
        <dt>{t("Layer")}</dt>
        <dd>
          <bdi>{visible.row.path}</bdi>
        </dd>
      </div>
      {hidden.map((column) => (
        <div key={column.id} data-column={column.id} title={reasonOf(column, visible.row)}>
          <dt>{titleOf(column)}</dt>
          <dd>
            {column.format === "switch" ? (
              <TrainableSwitch visible={visible} switching={switching} />
            ) : column.format === "updates" ? (
              <UpdatesOf layer={updates?.get(visible.row.path)} />
            ) : (
              cellOf(column, visible) || DASH
            )}
          </dd>
        </div>
      ))}
    </dl>
  );
}
