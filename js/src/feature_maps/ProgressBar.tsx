// The progress of an answer of the kernel, and a button to stop it.

import type { Progress } from "../generated/records";
import { t } from "../shared/language";

interface Props {
  label: string;
  progress: Progress;
  onStop: () => void;
}

export function ProgressBar({ label, progress, onStop }: Props) {
  return (
    <span class="sw-progress" role="status">
      {progress.of === null ? (
        <progress aria-label={label} />
      ) : (
        <progress max={progress.of} value={progress.done} aria-label={label} />
      )}
      <button type="button" class="sw-button" onClick={onStop}>
        {t("Stop")}
      </button>
      {label /* last, so that its width does not move the button */}
    </span>
  );
}
