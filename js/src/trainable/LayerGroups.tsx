// Buttons that freeze or unfreeze many layers at once: all, a range, by type, or by name pattern.

import { useSignal } from "@preact/signals";
import type { RequestFields } from "../generated/requests";
import type { PanelConnection } from "../shared/connection";
import { t } from "../shared/language";

type Switching = "freeze" | "unfreeze" | "train_last_only";

export function LayerGroups({ connection, live }: { connection: PanelConnection; live: boolean }) {
  const { traits } = connection;
  const which = useSignal("");
  const pattern = useSignal("");
  const { rows } = traits.stack.value;
  const types = [...new Set(rows.filter((row) => row.params !== 0 && row.kind !== "model").map((row) => row.type))];
  const here = rows[traits.selected.value];
  const does = (label: string, act: Switching, meant: RequestFields[Switching] = {}, disabled = false, title = "") => (
    <button
      type="button"
      class="sw-button"
      disabled={!live || disabled}
      title={title}
      onClick={() => connection.act(act, meant)}
    >
      {label}
    </button>
  );
  const selectFirst = here ? here.path : t("select a layer in the table first");
  const chosen = which.value ? { type: which.value } : { pattern: pattern.value };
  const meant = which.value || pattern.value;
  return (
    <fieldset class="sw-groups">
      <legend>{t("Groups of layers")}</legend>
      <span class="sw-group">
        {does(t("Train all"), "unfreeze")}
        {does(t("Freeze all"), "freeze")}
        {does(t("Train only the last"), "train_last_only")}
      </span>
      <span class="sw-group">
        {does(t("Freeze up to here"), "freeze", { end: here?.path ?? "" }, !here, selectFirst)}
        {does(t("Train from here"), "unfreeze", { start: here?.path ?? "" }, !here, selectFirst)}
      </span>
      <span class="sw-group">
        <select
          aria-label={t("By type")}
          value={which.value}
          disabled={!live}
          onChange={(event) => {
            which.value = event.currentTarget.value;
          }}
        >
          <option value="">{t("by name:")}</option>
          {types.map((type) => (
            <option key={type} value={type}>
              {t("all {type}", { type })}
            </option>
          ))}
        </select>
        {!which.value && (
          <input
            type="text"
            aria-label={t("Name pattern")}
            placeholder="block[1-4]_.*"
            title={t("A regular expression that fully matches a layer's path or name")}
            spellcheck={false}
            value={pattern.value}
            disabled={!live}
            onInput={(event) => {
              pattern.value = event.currentTarget.value;
            }}
            onKeyDown={(event) => event.stopPropagation()} // the notebook has its own shortcuts
          />
        )}
        {does(t("Freeze"), "freeze", { ...chosen }, !meant)}
        {does(t("Train"), "unfreeze", { ...chosen }, !meant)}
      </span>
    </fieldset>
  );
}
