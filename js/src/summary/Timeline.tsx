// The timeline of edits: undo, redo, and a preview of any step without going there.

import { useEffect, useRef, useState } from "preact/hooks";
import type { StepPreview, Steps } from "../generated/records";
import { t, tn } from "../shared/language";
import type { Ask } from "../shared/requests";

interface Seen extends StepPreview {
  position: number;
}

interface Props {
  steps: Steps;
  live: boolean;
  ask: Ask;
  onGo: (position: number) => void;
}

export function Timeline({ steps, live, ask, onGo }: Props) {
  const [seen, see] = useState<Seen | null>(null);
  const { first, count, position, what } = steps;
  const list = useRef<HTMLOListElement>(null);
  useEffect(() => {
    const now = list.current?.children[position - first]?.getBoundingClientRect();
    if (!list.current || !now) return;
    // Scroll only the list: scrollIntoView would also scroll the page while the user reads.
    const box = list.current.getBoundingClientRect();
    list.current.scrollLeft += Math.max(0, now.right - box.right) + Math.min(0, now.left - box.left);
  }, [position, first, what[position - first]]);
  const look = async (at: number) => {
    if (seen?.position === at) return see(null);
    const { facts } = await ask("look", { position: at });
    see({ ...facts, position: at });
  };
  const go = (to: number) => {
    see(null);
    onGo(to);
  };
  const shown = seen && seen.position < count && seen.what === what[seen.position - first] ? seen : null;
  return (
    <div class="sw-timeline">
      <div class="sw-track">
        <button type="button" class="sw-button" disabled={!live || position === 0} onClick={() => go(position - 1)}>
          {t("↶ Undo")}
        </button>
        <button
          type="button"
          class="sw-button"
          disabled={!live || position === count - 1}
          onClick={() => go(position + 1)}
        >
          {t("↷ Redo")}
        </button>
        {first > 0 && <span class="sw-earlier">{t("{count} earlier", { count: first })}</span>}
        <ol aria-label={t("Steps")} ref={list}>
          {what.map((said, i) => (
            <li key={first + i}>
              <button
                type="button"
                class={stepClass(first + i, position, shown)}
                disabled={!live}
                aria-current={first + i === position ? "step" : undefined}
                aria-expanded={shown?.position === first + i}
                aria-label={t("Step {number}: {what}", { number: first + i, what: said })}
                title={`${first + i} ${said}`}
                onClick={() => look(first + i)}
              />
            </li>
          ))}
        </ol>
        <span class="sw-step-name">{what[position - first]}</span>
      </div>
      {shown && (
        <Look seen={shown} here={shown.position === position} live={live} onGo={go} onClose={() => see(null)} />
      )}
    </div>
  );
}

function stepClass(at: number, position: number, shown: Seen | null): string {
  const states = [at === position && "is-now", at > position && "is-undone", at === shown?.position && "is-seen"];
  return ["sw-step", ...states.filter(Boolean)].join(" ");
}

interface LookProps {
  seen: Seen;
  here: boolean;
  live: boolean;
  onGo: (position: number) => void;
  onClose: () => void;
}

function Look({ seen, here, live, onGo, onClose }: LookProps) {
  const changes: [string, string[]][] = [
    [t("restored"), seen.added],
    [t("removed"), seen.removed],
    [t("changed shape"), seen.reshaped],
  ];
  return (
    <section class="sw-look" aria-label={t("Step {number}", { number: seen.position })}>
      <p>
        <b>{t("Step {number}: {what}", { number: seen.position, what: seen.what })}</b>
        <span class="sw-muted">
          {tn("{n} layer, {params} params", "{n} layers, {params} params", seen.rows.length, { params: seen.params })}
        </span>
        <span class="sw-buttons">
          {!here && (
            <button type="button" class="sw-button" disabled={!live} onClick={() => onGo(seen.position)}>
              {t("Go to this step")}
            </button>
          )}
          <button type="button" class="sw-button" onClick={onClose}>
            {t("Close")}
          </button>
        </span>
      </p>
      <ol class="sw-look-rows">
        {seen.rows.map((row) => (
          <li key={row.name}>
            <bdi>{row.name}</bdi> <span class="sw-muted">{row.type}</span> {row.shape}
          </li>
        ))}
      </ol>
      <dl>
        {here && <dd>{t("This is the current step.")}</dd>}
        {changes.map(
          ([what, layers]) =>
            layers.length > 0 && (
              <div key={what}>
                <dt>{what}</dt>
                <dd>{layers.join(", ")}</dd>
              </div>
            ),
        )}
      </dl>
    </section>
  );
}
