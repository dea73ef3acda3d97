// Saves the diagram as a picture. Its options can be copied and pasted as JSON, the preset of `to_svg`.

import { useSignal } from "@preact/signals";
import type { Preset } from "../generated/records";
import { LABELS, type SummaryTraits } from "../generated/traits";
import { Choice } from "../shared/Choice";
import { CopyButton } from "../shared/CopyButton";
import { t } from "../shared/language";
import { Menu } from "../shared/Menu";

/** The options that are not among the traits. */
export interface More {
  width: string;
  preset: string;
}

export interface PictureProps {
  live: boolean;
  theme: SummaryTraits["theme"];
  arrangement: SummaryTraits["arrangement"];
  onTheme: (value: SummaryTraits["theme"]) => void;
  onArrangement: (value: SummaryTraits["arrangement"]) => void;
  /** Show the choices of a preset in the panel's menus. */
  onChosen: (chosen: Preset) => void;
  ask: (more: More) => Promise<Preset>;
  onSave: (more: More) => Promise<void>;
}

const WIDTHS = "85mm, 600px";
const EXAMPLE = '{"groups": {"block1_.*": "Block 1"}}';

export function PictureMenu({ live, theme, arrangement, onTheme, onArrangement, onChosen, ask, onSave }: PictureProps) {
  const more = useSignal<More>({ width: "", preset: "" });
  const error = useSignal("");
  const tried = <T,>(answer: Promise<T>) => {
    answer.then(
      () => {
        error.value = "";
      },
      (problem: Error) => {
        error.value = problem.message;
      },
    );
    return answer;
  };
  const change = (changes: Partial<More>) => {
    more.value = { ...more.value, ...changes };
  };
  const take = async () => {
    const { preset } = more.value;
    const chosen = await tried(ask(more.value)).catch(() => null);
    if (!chosen || more.value.preset !== preset) return; // the user went on typing
    onChosen(chosen);
    change({ width: chosen.width ?? more.value.width, preset: chosen.rest });
  };
  return (
    <Menu label={t("Save picture")} title={t("The picture as a file")}>
      <Choice label={t("Theme")} options={LABELS.theme} value={theme} disabled={!live} onChoose={onTheme} />
      <Choice
        label={t("Layout")}
        options={LABELS.arrangement}
        value={arrangement}
        disabled={!live}
        onChoose={onArrangement}
      />
      <label>
        {t("Width")}
        <input
          type="text"
          size={9}
          placeholder={WIDTHS}
          value={more.value.width}
          disabled={!live}
          onInput={(event) => change({ width: event.currentTarget.value })}
          onChange={take}
        />
      </label>
      <label class="sw-preset">
        {t("More options (JSON)")}
        <textarea
          rows={3}
          spellcheck={false}
          placeholder={EXAMPLE}
          value={more.value.preset}
          disabled={!live}
          onInput={(event) => change({ preset: event.currentTarget.value })}
          onChange={take}
        />
      </label>
      {error.value && (
        <p class="sw-problem" role="alert">
          {error.value}
        </p>
      )}
      <span class="sw-tools-end">
        <CopyButton
          label={t("Copy preset")}
          name={t("Copy these options as JSON, the preset of to_svg")}
          disabled={!live}
          text={() => tried(ask(more.value)).then(({ whole }) => whole)}
        />
        <button
          type="button"
          class="sw-button"
          disabled={!live}
          onClick={() => tried(onSave(more.value)).catch(() => {})}
        >
          {t("Save as SVG")}
        </button>
      </span>
    </Menu>
  );
}
