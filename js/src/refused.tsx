// Why the last edit was refused, and what would fit.

import { CopyButton } from "./copy";
import type { Refusal } from "./types";
import * as words from "./words";

interface Props {
  refusal: Refusal;
  live: boolean;
  onApply: (index: number) => void;
}

export function Refused({ refusal, live, onApply }: Props) {
  return (
    <section class="sw-refused" aria-label={`${refusal.layer} does not fit`}>
      <p class="sw-cause">
        <b>
          <bdi>{refusal.layer}</bdi> does not fit:
        </b>{" "}
        {refusal.cause}
      </p>
      {refusal.arithmetic && <p class="sw-arithmetic">{refusal.arithmetic}</p>}
      {refusal.fixes.length > 0 && (
        <>
          <h4>What would fit, tried on this stack</h4>
          <ul class="sw-fixes">
            {refusal.fixes.map((fix, index) => (
              <li key={fix.code}>
                <span class="sw-fix">{fix.description}</span>
                <span class="sw-gives">{fix.output_shape && `→ ${words.shape(fix.output_shape)}`}</span>
                <span class="sw-buttons">
                  <CopyButton label="Copy code" what={`for: ${fix.description}`} text={() => fix.code} />
                  <button
                    type="button"
                    class="sw-button sw-primary"
                    disabled={!live}
                    aria-label={`Apply: ${fix.description}`}
                    onClick={() => onApply(index)}
                  >
                    Apply
                  </button>
                </span>
                <Code code={fix.code} />
              </li>
            ))}
          </ul>
        </>
      )}
      {refusal.alternative && (
        <details>
          <summary>The same as a functional model</summary>
          <CopyButton label="Copy code" text={() => refusal.alternative} />
          <pre>{refusal.alternative}</pre>
        </details>
      )}
      <details>
        <summary>What Keras says</summary>
        <p>{refusal.words}</p>
      </details>
    </section>
  );
}

/** Shows one line at once, and more when it is asked to. */
function Code({ code }: { code: string }) {
  if (!code.includes("\n")) return <pre>{code}</pre>;
  return (
    <details>
      <summary>{code.split("\n").length} lines of code</summary>
      <pre>{code}</pre>
    </details>
  );
}
