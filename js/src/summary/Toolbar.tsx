// The controls of the panel: block sizes, colours, folding, copies, the picture as a file, columns.

import { useState } from "preact/hooks";
import type { Progress } from "../generated/records";
import { DASH } from "../generated/tables";
import { LABELS, type SummaryTraits } from "../generated/traits";
import { Choice } from "../shared/Choice";
import { CopyButton } from "../shared/CopyButton";
import { HIDEABLE, titleOf } from "../shared/columns";
import { t } from "../shared/language";
import { Menu } from "../shared/Menu";
import { PictureMenu, type PictureProps } from "./PictureMenu";

interface Props {
  live: boolean;
  sizeBy: SummaryTraits["size_by"];
  colorBy: SummaryTraits["color_by"];
  folded: boolean;
  foldable: boolean;
  /** Whether the updates of layers have been measured, so that they can be shown. */
  measured: boolean;
  /** Whether the times of layers have been measured. */
  timed: boolean;
  /** Measure the times of layers. */
  onMeasure: (onProgress: (progress: Progress) => void) => Promise<void>;
  /** Stop measuring. */
  onStop: () => void;
  hidden: string[];
  onSizeBy: (value: SummaryTraits["size_by"]) => void;
  onColorBy: (value: SummaryTraits["color_by"]) => void;
  onFold: (folded: boolean) => void;
  onHide: (hidden: string[]) => void;
  /** Return Python code that builds the stack; null for a model that is not a Sequential. */
  code: (() => Promise<string>) | null;
  /** Whether the page says what an edit changed while the panel is out of sight. */
  toasts: boolean;
  onToasts: (on: boolean) => void;
  /** Return the table as text. */
  table: () => string;
  picture: Omit<PictureProps, "live">;
}

export function Toolbar(props: Props) {
  return (
    <div class="sw-tools">
      <Choice
        label={t("Size")}
        options={LABELS.size_by}
        value={props.sizeBy}
        disabled={!props.live}
        onChoose={props.onSizeBy}
      />
      <Choice
        label={t("Colour")}
        options={known(props)}
        value={props.colorBy}
        disabled={!props.live}
        onChoose={props.onColorBy}
      />
      {props.foldable && (
        <label>
          <input
            type="checkbox"
            checked={props.folded}
            disabled={!props.live}
            onChange={(event) => props.onFold(event.currentTarget.checked)}
          />
          {t("Collapse repeated layers")}
        </label>
      )}
      <span class="sw-tools-end">
        {props.code && <CopyButton name={t("Copy code of the stack")} disabled={!props.live} text={props.code} />}
        <CopyButton
          label={t("Copy table")}
          name={t("Copy the table for a spreadsheet, with exact numbers")}
          text={props.table}
        />
        <PictureMenu {...props.picture} live={props.live} />
        <ColumnsMenu {...props} />
      </span>
    </div>
  );
}

/** Return the colours without those that need what was not measured. */
function known({ measured, timed }: Props): typeof LABELS.color_by {
  const { update_ratio, measured_time, ...others } = LABELS.color_by;
  return { ...others, ...(measured && { update_ratio }), ...(timed && { measured_time }) } as typeof LABELS.color_by;
}

function ColumnsMenu(props: Props) {
  const { hidden, measured, timed, live, toasts, onHide, onMeasure, onStop, onToasts } = props;
  return (
    <Menu label={t("Columns")} title={t("Columns to show")}>
      {HIDEABLE.filter(({ format }) => (measured || format !== "updates") && (timed || format !== "time")).map(
        (column) => (
          <label key={column.id}>
            <input
              type="checkbox"
              checked={!hidden.includes(column.id)}
              onChange={(event) =>
                onHide(event.currentTarget.checked ? hidden.filter((id) => id !== column.id) : [...hidden, column.id])
              }
            />
            {titleOf(column)}
          </label>
        ),
      )}
      <MeasureButton live={live} onMeasure={onMeasure} onStop={onStop} />
      <label class="sw-toasts">
        <input
          type="checkbox"
          checked={toasts}
          disabled={!live}
          onChange={(event) => onToasts(event.currentTarget.checked)}
        />
        {t("Report edits while the panel is out of sight")}
      </label>
    </Menu>
  );
}

/** Measures the times of layers on request, because that takes seconds; a second click stops it. */
function MeasureButton({ live, onMeasure, onStop }: Pick<Props, "live" | "onMeasure" | "onStop">) {
  const [progress, setProgress] = useState<Progress | null>(null);
  const [error, setError] = useState("");
  const onClick = () => {
    if (progress) return onStop();
    setError("");
    setProgress({ done: 0, of: null });
    onMeasure(setProgress)
      .catch((problem: Error) => setError(problem.message))
      .finally(() => setProgress(null));
  };
  return (
    <>
      <button type="button" class="sw-button" disabled={!live} onClick={onClick}>
        {progress
          ? t("Stop measuring ({done} of {of})", { done: progress.done, of: progress.of ?? DASH })
          : t("Measure the time of each layer")}
      </button>
      {error && <p class="sw-muted">{error}</p>}
    </>
  );
}
