// The health of all layers: dead, saturated, duplicate and non-finite channels, over the batch.

import { useState } from "preact/hooks";
import type { Health as HealthFacts, Progress } from "../generated/records";
import * as formatting from "../shared/formatting";
import { t, tn } from "../shared/language";
import type { Answer, Ask } from "../shared/requests";
import { figure } from "./formatting";
import { ProgressBar } from "./ProgressBar";

/** The health of all layers, and for each the distribution of its values. */
export interface Health extends HealthFacts {
  histograms: number[][];
  spans: [number, number][];
}

function healthOf(facts: HealthFacts, arrays: Answer["arrays"]): Health {
  const rows = (name: string) => {
    const { values, shape } = arrays[name] as Answer["arrays"][string];
    const wide = shape[1] as number;
    return facts.layers.map((_, at) => Array.from(values.subarray(at * wide, (at + 1) * wide)));
  };
  return { ...facts, histograms: rows("histograms"), spans: rows("spans") as [number, number][] };
}

const NONE: ReadonlyMap<number, string> = new Map();

/** Return short marks for the channels of a layer that have a problem. */
export function marksOf(health: Health | null, path: string, version: number): ReadonlyMap<number, string> {
  const layer = health?.version === version ? health.layers.find((one) => one.path === path) : undefined;
  if (!layer) return NONE;
  const marks = new Map<number, string>();
  for (const [, twin] of layer.duplicates ?? []) marks.set(twin, "≈");
  for (const channel of layer.saturated) marks.set(channel, t("sat."));
  for (const channel of layer.dead) marks.set(channel, "≤0");
  return marks;
}

interface Props {
  ask: Ask;
  health: Health | null;
  version: number;
  samples: number;
  onHealth: (health: Health) => void;
  onLayer: (path: string) => void;
}

export function HealthTable({ ask, health, version, samples, onHealth, onLayer }: Props) {
  const [progress, setProgress] = useState<Progress | null>(null); // null if no request is running
  const [problem, setProblem] = useState("");
  const judge = async () => {
    setProblem("");
    try {
      setProgress({ done: 0, of: samples });
      const { facts, arrays } = await ask("health", {}, setProgress);
      onHealth(healthOf(facts, arrays));
    } catch (error) {
      setProblem((error as Error).message);
    }
    setProgress(null);
  };
  const first = health?.layers.find((layer) => layer.not_finite > 0);
  return (
    <details class="sw-health">
      <summary>{t("Health of all layers")}</summary>
      <p>
        {progress ? (
          <ProgressBar
            label={t("Analysing: {done} of {samples}", { done: progress.done, samples: progress.of })}
            progress={progress}
            onStop={() => ask("stop")}
          />
        ) : (
          <button type="button" class="sw-button" onClick={judge}>
            {tn("Analyse the sample", "Analyse all {n} samples", samples)}
          </button>
        )}
        {problem && <span class="sw-message">{problem}</span>}
        {health && health.version !== version && <span>{t("analysed before the model changed")}</span>}
      </p>
      {first && <p class="sw-message">{t("NaN or infinite values appear first in {layer}.", { layer: first.path })}</p>}
      {health && (
        <div class="sw-scroll">
          <table class="sw-table">
            <thead>
              <tr>
                <th scope="col">{t("Layer")}</th>
                <th scope="col">{t("Never above zero")}</th>
                <th scope="col">{t("Saturated")}</th>
                <th scope="col">{t("Near-duplicates")}</th>
                <th scope="col">{t("NaN or infinite")}</th>
                <th scope="col">{t("Distribution")}</th>
              </tr>
            </thead>
            <tbody>
              {health.layers.map((layer, at) => (
                <tr key={layer.path}>
                  <th scope="row" class="sw-layer">
                    <button type="button" class="sw-link" onClick={() => onLayer(layer.path)}>
                      <bdi>{layer.path}</bdi>
                    </button>
                  </th>
                  <td title={layer.dead.join(", ")}>{share(layer.dead.length, layer.channels)}</td>
                  <td title={layer.saturated.join(", ")}>{share(layer.saturated.length, layer.channels)}</td>
                  <td title={(layer.duplicates ?? []).map((pair) => pair.join("≈")).join(", ")}>
                    {layer.duplicates === null ? "—" : pairs(layer.duplicates.length)}
                  </td>
                  <td>{layer.not_finite ? formatting.count(layer.not_finite) : t("none")}</td>
                  <td>
                    <Histogram
                      counts={health.histograms[at] ?? []}
                      span={health.spans[at] ?? [0, 0]}
                      whole={layer.whole}
                    />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </details>
  );
}

function share(count: number, channels: number): string {
  return count ? t("{at} of {last}", { at: count, last: channels }) : t("none");
}

function pairs(count: number): string {
  return count ? tn("{n} pair", "{n} pairs", count) : t("none");
}

function Histogram({ counts, span, whole }: { counts: number[]; span: [number, number]; whole: boolean }) {
  const most = Math.max(1, ...counts);
  const ends = { low: figure(span[0]), high: figure(span[1]) };
  const title = whole
    ? t("all values, {low} to {high}; heights are square roots", ends)
    : t("a regular sample of the values, {low} to {high}; heights are square roots", ends);
  return (
    <span class="sw-histogram" title={title}>
      <svg
        viewBox={`0 0 ${counts.length} 20`}
        preserveAspectRatio="none"
        role="img"
        aria-label={t("Distribution from {low} to {high}", ends)}
      >
        {counts.map((count, at) => {
          const height = 20 * Math.sqrt(count / most);
          return <rect key={at} x={at} y={20 - height} width={0.9} height={height} />;
        })}
      </svg>
      {t("{low} to {high}", ends)}
    </span>
  );
}
