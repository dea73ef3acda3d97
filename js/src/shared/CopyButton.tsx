// A button that copies code or a table, and confirms it.

import { useState } from "preact/hooks";
import { copy } from "./clipboard";
import { t } from "./language";

const SAID_FOR = 1500;

interface Props {
  /** What the button copies, for screen readers. */
  name?: string;
  /** What is on the button. */
  label?: string;
  disabled?: boolean;
  text: () => string | Promise<string>;
}

export function CopyButton({ name, label = t("Copy code"), disabled, text }: Props) {
  const [said, say] = useState("");
  const onClick = async () => {
    say((await copy(await text())) ? t("Copied") : t("Select it and copy it yourself"));
    setTimeout(() => say(""), SAID_FOR);
  };
  return (
    <button type="button" class="sw-button" disabled={disabled} aria-label={said ? undefined : name} onClick={onClick}>
      {said || label}
    </button>
  );
}
