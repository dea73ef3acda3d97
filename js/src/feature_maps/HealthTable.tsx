// The health of all layers: dead, saturated, duplicate and non-finite channels, over the samples or the
// whole data set. The results of a data set come in parts, while the kernel reads it.

import type { ReadonlySignal } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import type { Health as HealthFacts, Progress } from "../generated/records";
import { DASH } from "../generated/tables";
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
  /** Whether these are the first samples of a data set. */
  dataset: boolean;
  /** Whether the kernel analyses the data set, for this page or for another one. */
  analysing: ReadonlySignal<boolean>;
  live: boolean;
  onHealth: (health: Health) => void;
  onLayer: (path: string) => void;
}

export function HealthTable(props: Props) {
  const { ask, health, version, samples, dataset, analysing, live, onHealth, onLayer } = props;
  const [progress, setProgress] = useState<Progress | null>(null); // null if no request is running
  const [problem, setProblem] = useState("");
  const [open, setOpen] = useState(false);
  const judge = async (whole: boolean) => {
    setProblem("");
    setProgress(whole ? { done: 0, of: null, samples: 0 } : { done: 0, of: samples });
    const show = ({ facts, arrays }: Answer<"health">) => onHealth(healthOf(facts, arrays));
    try {
      show(
        await ask("health", { dataset: whole }, (now, partial) => {
          setProgress(now);
          if (partial) show(partial);
        }),
      );
    } catch (error) {
      setProblem((error as Error).message);
    }
    setProgress(null);
  };
  // A page that becomes live takes over a running analysis, which it may have started before a reload.
  useEffect(() => {
    if (!live || progress || !analysing.peek()) return;
    setOpen(true);
    judge(true);
  }, [live]);
  const first = health?.layers.find((layer) => layer.not_finite > 0);
  return (
    <details class="sw-health" open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{t("Health of all layers")}</summary>
      <p>
        {progress ? (
          <ProgressBar label={doing(progress)} progress={progress} onStop={() => ask("stop")} />
        ) : (
          <>
            <button type="button" class="sw-button" onClick={() => judge(false)}>
              {dataset
                ? tn("Analyse the first sample", "Analyse the first {n} samples", samples)
                : tn("Analyse the sample", "Analyse all {n} samples", samples)}
            </button>
            {dataset && (
              <button type="button" class="sw-button" onClick={() => judge(true)}>
                {t("Analyse the whole data set")}
              </button>
            )}
          </>
        )}
        {problem && <span class="sw-message">{problem}</span>}
      </p>
      {health && (
        <p>
          <span>{coverage(health, progress !== null, dataset)}</span>
          {health.version !== version && <span>{t("analysed before the model changed")}</span>}
        </p>
      )}
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
      {health?.layers.some((layer) => !layer.whole) && (
        <p class="sw-footnote">
          {t("Near-duplicates and distributions are computed from evenly spaced values, the rest from all values.")}
        </p>
      )}
    </details>
  );
}

function doing({ done, of, samples }: Progress): string {
  if (samples === undefined) return t("Analysing: {done} of {samples}", { done, samples: of ?? DASH });
  const number = formatting.count(of === null ? done + 1 : Math.min(done + 1, of));
  const n = formatting.count(samples);
  if (of === null)
    return tn(
      "Analysing: batch {number}, {n} sample so far",
      "Analysing: batch {number}, {n} samples so far",
      samples,
      {
        n,
        number,
      },
    );
  return tn(
    "Analysing: batch {number} of {last}, {n} sample so far",
    "Analysing: batch {number} of {last}, {n} samples so far",
    samples,
    { n, number, last: formatting.count(of) },
  );
}

/**
 * Return which samples the results are about, and why there are no more.
 * `first` is true if these are the first samples of a data set.
 */
function coverage({ dataset, problem, samples }: Health, running: boolean, first: boolean): string {
  const n = formatting.count(samples);
  if (problem)
    return tn("Results for the first sample ({problem})", "Results for the first {n} samples ({problem})", samples, {
      n,
      problem,
    });
  if (running)
    return tn("Results for the first sample so far", "Results for the first {n} samples so far", samples, { n });
  if (dataset)
    return tn("Results for the only sample of the data set", "Results for all {n} samples of the data set", samples, {
      n,
    });
  return first
    ? tn("Results for the first sample", "Results for the first {n} samples", samples, { n })
    : tn("Results for the sample", "Results for all {n} samples", samples, { n });
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
    : t("evenly spaced values, {low} to {high}; heights are square roots", ends);
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
