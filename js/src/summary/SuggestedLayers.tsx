// The usual next layers, with the output shape of each.

import { useEffect, useState } from "preact/hooks";
import type { Suggestion } from "../generated/records";
import { CopyButton } from "../shared/CopyButton";
import { t } from "../shared/language";
import type { Ask } from "../shared/requests";

interface Props {
  /** Changes with every edit, which makes the current suggestions outdated. */
  edit: number;
  live: boolean;
  ask: Ask;
  onAdd: (code: string) => void;
}

export function SuggestedLayers({ edit, live, ask, onAdd }: Props) {
  const [open, setOpen] = useState(false);
  const [offers, setOffers] = useState<Suggestion[] | null>(null);
  useEffect(() => {
    if (!open || !live) return;
    let current = true;
    ask("suggest").then(
      ({ facts }) => current && setOffers(facts.offers),
      () => current && setOffers([]),
    );
    return () => {
      current = false;
    };
  }, [open, edit, live]);
  return (
    <details class="sw-suggest" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{t("Suggested next layers")}</summary>
      {offers?.length === 0 && <p class="sw-muted">{t("The output of the model is not known yet: add an Input.")}</p>}
      <ul class="sw-fixes">
        {offers?.map(({ code, shape }) => (
          <li key={code}>
            <code>{code}</code>
            <span class="sw-gives">→ {shape}</span>
            <span class="sw-buttons">
              <CopyButton name={t("Copy code for {layer}", { layer: code })} text={() => `model.add(${code})`} />
              <button
                type="button"
                class="sw-button"
                disabled={!live}
                aria-label={t("Add {layer}", { layer: code })}
                onClick={() => onAdd(code)}
              >
                {t("Add")}
              </button>
            </span>
          </li>
        ))}
      </ul>
    </details>
  );
}
