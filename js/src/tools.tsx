// The controls of the panel: block sizes, colours, folding, columns.

import { useEffect, useRef } from "preact/hooks";
import { HIDEABLE, titleOf } from "./columns";
import { CopyButton } from "./copy";
import { N_, t } from "./language";

const SIZES = {
  shape: N_("shape"),
  params: N_("parameters"),
  macs: N_("multiply-adds"),
  activation_bytes: N_("activation memory"),
};
const COLORS = {
  kind: N_("kind of layer"),
  params: SIZES.params,
  macs: SIZES.macs,
  activation_bytes: SIZES.activation_bytes,
};

interface Props {
  live: boolean;
  sizeBy: string;
  colorBy: string;
  folded: boolean;
  foldable: boolean;
  hidden: string[];
  onSizeBy: (value: string) => void;
  onColorBy: (value: string) => void;
  onFold: (folded: boolean) => void;
  onHide: (hidden: string[]) => void;
  /** Return Python code that builds the stack; null for a model that is not a Sequential. */
  code: (() => Promise<string>) | null;
}

export function Tools(props: Props) {
  return (
    <div class="sw-tools">
      <Choice label={t("Size")} options={SIZES} value={props.sizeBy} live={props.live} onChoose={props.onSizeBy} />
      <Choice label={t("Colour")} options={COLORS} value={props.colorBy} live={props.live} onChoose={props.onColorBy} />
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
      {props.code && <CopyButton name={t("Copy code of the stack")} disabled={!props.live} text={props.code} />}
      <ColumnsMenu hidden={props.hidden} onHide={props.onHide} />
    </div>
  );
}

interface ChoiceProps {
  label: string;
  /** The labels, in English; they are translated here. */
  options: Record<string, string>;
  value: string;
  live: boolean;
  onChoose: (value: string) => void;
}

function Choice({ label, options, value, live, onChoose }: ChoiceProps) {
  return (
    <label>
      {label}
      <select value={value} disabled={!live} onChange={(event) => onChoose(event.currentTarget.value)}>
        {Object.entries(options).map(([id, text]) => (
          <option key={id} value={id}>
            {t(text)}
          </option>
        ))}
      </select>
    </label>
  );
}

function ColumnsMenu({ hidden, onHide }: { hidden: string[]; onHide: (hidden: string[]) => void }) {
  const menu = useRef<HTMLDetailsElement>(null);
  useEffect(() => {
    const close = (event: Event) => {
      if (menu.current && !event.composedPath().includes(menu.current)) menu.current.open = false;
    };
    document.addEventListener("pointerdown", close);
    return () => document.removeEventListener("pointerdown", close);
  }, []);
  return (
    <details
      class="sw-menu"
      ref={menu}
      onKeyDown={(event) => {
        if (event.key !== "Escape" || !menu.current?.open) return;
        menu.current.open = false;
        menu.current.querySelector("summary")?.focus();
        event.stopPropagation();
      }}
    >
      <summary>{t("Columns")}</summary>
      <fieldset>
        <legend>{t("Columns to show")}</legend>
        {HIDEABLE.map((column) => (
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
        ))}
      </fieldset>
    </details>
  );
}
