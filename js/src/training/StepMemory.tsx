// The memory that a training step needs, before it runs, for a batch size of choice.

import { useEffect, useState } from "preact/hooks";
import type { StepMemory as Memory } from "../generated/records";
import { DASH } from "../generated/tables";
import { memory } from "../shared/formatting";
import { t } from "../shared/language";
import type { Ask } from "../shared/requests";

interface Props {
  /** Changes with every edit, which makes the answer outdated. */
  edit: unknown;
  live: boolean;
  ask: Ask;
}

const MOST = 2 ** 20;

export function StepMemory({ edit, live, ask }: Props) {
  const [open, setOpen] = useState(false);
  const [batch, setBatch] = useState(32); // as in fit
  const [answer, setAnswer] = useState<Memory | null>(null);
  useEffect(() => {
    if (!open || !live) return;
    let current = true;
    ask("training_memory", { batch_size: batch }).then(
      ({ facts }) => current && setAnswer(facts),
      () => current && setAnswer(null),
    );
    return () => {
      current = false;
    };
  }, [open, batch, edit, live]);
  const estimate = (bytes: number) => t("at most {memory}", { memory: memory(bytes) });
  const part = (name: keyof Memory & string, label: string, text = estimate) => {
    const bytes = answer?.[name] as number | null;
    return (
      <div>
        <dt>{label}</dt>
        <dd title={answer?.unknown[name]}>{bytes === null ? DASH : text(bytes)}</dd>
      </div>
    );
  };
  return (
    <details class="sw-suggest sw-memory" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{t("Memory of a training step")}</summary>
      <div class="sw-tools">
        <label>
          {t("Batch size")}
          <input
            type="number"
            min={1}
            max={MOST}
            value={batch}
            disabled={!live}
            onInput={(event) => {
              const value = event.currentTarget.valueAsNumber;
              if (Number.isInteger(value) && value >= 1 && value <= MOST) setBatch(value);
            }}
            onKeyDown={(event) => event.stopPropagation()} // the notebook has its own shortcuts
          />
        </label>
      </div>
      {answer && (
        <>
          <dl class="sw-details">
            {part("weights", t("Weights"), memory)}
            {part("gradients", t("Gradients"), memory)}
            {part("optimizer", t("Optimizer"), memory)}
            {part("activations", t("Activations"))}
            {part("backward", t("Backward pass"))}
            {part("total", t("Total"))}
          </dl>
          {[...new Set(Object.values(answer.unknown))].map((reason) => (
            <p key={reason} class="sw-muted">
              {reason}
            </p>
          ))}
        </>
      )}
    </details>
  );
}
