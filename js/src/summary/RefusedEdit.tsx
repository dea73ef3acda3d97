// The diagnosis of the last edit if it was refused, with fixes.

import type { Diagram, Refusal } from "../generated/records";
import { CopyButton } from "../shared/CopyButton";
import * as formatting from "../shared/formatting";
import { t, tn, tx } from "../shared/language";
import { ShapeDiagram } from "../shared/ShapeDiagram";

interface Props {
  refusal: Refusal;
  /** The functional model that can contain the layer. */
  form: Diagram | null;
  live: boolean;
  onApply: (index: number) => void;
}

const NOTHING_NEW: ReadonlySet<number> = new Set();
const nothing = () => {};

export function RefusedEdit({ refusal, form, live, onApply }: Props) {
  return (
    <section class="sw-refused" aria-label={t("{layer} does not fit", { layer: refusal.layer })}>
      <p class="sw-cause">
        <b>{tx("{layer} does not fit:", { layer: <bdi key="layer">{refusal.layer}</bdi> })}</b> {refusal.cause}
      </p>
      {refusal.arithmetic && <p class="sw-arithmetic">{refusal.arithmetic}</p>}
      {refusal.fixes.length > 0 && (
        <>
          <h4>{t("Fixes, each tried on this model")}</h4>
          <ul class="sw-fixes">
            {refusal.fixes.map((fix, index) => (
              <li key={fix.code}>
                <span class="sw-fix">{fix.description}</span>
                <span class="sw-gives">{fix.output_shape && `→ ${formatting.shape(fix.output_shape)}`}</span>
                <span class="sw-buttons">
                  <CopyButton name={t("Copy code for: {what}", { what: fix.description })} text={() => fix.code} />
                  <button
                    type="button"
                    class="sw-button"
                    disabled={!live}
                    aria-label={t("Apply: {what}", { what: fix.description })}
                    onClick={() => onApply(index)}
                  >
                    {t("Apply")}
                  </button>
                </span>
                <Code code={fix.code} />
              </li>
            ))}
          </ul>
        </>
      )}
      {refusal.alternative && (
        <details open={!refusal.fixes.length}>
          <summary>{t("As a functional model")}</summary>
          <CopyButton text={() => refusal.alternative} />
          <pre>{refusal.alternative}</pre>
          {form && (
            <ShapeDiagram
              diagram={form}
              hovered={-2}
              selected={-2}
              fresh={NOTHING_NEW}
              onHover={nothing}
              onSelect={nothing}
            />
          )}
        </details>
      )}
      <details>
        <summary>{t("What Keras says")}</summary>
        <p>{refusal.words}</p>
      </details>
    </section>
  );
}

/** Show one line of code directly, and several lines in a closed `details` element. */
function Code({ code }: { code: string }) {
  if (!code.includes("\n")) return <pre>{code}</pre>;
  return (
    <details>
      <summary>{tn("{n} line of code", "{n} lines of code", code.split("\n").length)}</summary>
      <pre>{code}</pre>
    </details>
  );
}
