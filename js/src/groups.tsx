// Switches for many layers at once: all, none, up to here, from here, by type, by name pattern.

import { useSignal } from "@preact/signals";
import type { Connection } from "./traits";
import type { Act } from "./types";

export function Groups({ connection: { traits, ask }, live }: { connection: Connection; live: boolean }) {
  const which = useSignal("");
  const pattern = useSignal("");
  const { rows } = traits.stack.value;
  const types = [...new Set(rows.filter((row) => row.params !== 0 && row.kind !== "model").map((row) => row.type))];
  const here = rows[traits.selected.value];
  const does = (label: string, act: Act, disabled = false, title = "") => (
    <button type="button" class="sw-button" disabled={!live || disabled} title={title} onClick={() => ask(act)}>
      {label}
    </button>
  );
  const selectFirst = here ? here.path : "select a layer in the table first";
  const chosen = which.value ? { type: which.value } : { pattern: pattern.value };
  const meant = which.value || pattern.value;
  return (
    <fieldset class="sw-groups">
      <legend>Groups of layers</legend>
      <span class="sw-group">
        {does("Train all", { act: "unfreeze" })}
        {does("Freeze all", { act: "freeze" })}
        {does("Train the last only", { act: "train_last_only" })}
      </span>
      <span class="sw-group">
        {does("Freeze up to here", { act: "freeze", end: here?.path ?? "" }, !here, selectFirst)}
        {does("Train from here", { act: "unfreeze", start: here?.path ?? "" }, !here, selectFirst)}
      </span>
      <span class="sw-group">
        <select
          aria-label="By type"
          value={which.value}
          disabled={!live}
          onChange={(event) => {
            which.value = event.currentTarget.value;
          }}
        >
          <option value="">by name:</option>
          {types.map((type) => (
            <option key={type} value={type}>
              {`all ${type}`}
            </option>
          ))}
        </select>
        {!which.value && (
          <input
            type="text"
            aria-label="Name pattern"
            placeholder="block[1-4]_.*"
            title="A regular expression that a layer's path or name matches as a whole"
            spellcheck={false}
            value={pattern.value}
            disabled={!live}
            onInput={(event) => {
              pattern.value = event.currentTarget.value;
            }}
            onKeyDown={(event) => event.stopPropagation()} // the notebook has keys of its own
          />
        )}
        {does("Freeze", { act: "freeze", ...chosen }, !meant)}
        {does("Train", { act: "unfreeze", ...chosen }, !meant)}
      </span>
    </fieldset>
  );
}
