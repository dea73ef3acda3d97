// A button that copies code and confirms it.

import { useState } from "preact/hooks";
import { copy } from "./clipboard";
import { t } from "./language";

const SAID_FOR = 1500;

interface Props {
  /** What the button copies, for screen readers. */
  name?: string;
  disabled?: boolean;
  text: () => string | Promise<string>;
}

export function CopyButton({ name, disabled, text }: Props) {
  const [said, say] = useState("");
  const onClick = async () => {
    say((await copy(await text())) ? t("Copied") : t("Select it and copy it yourself"));
    setTimeout(() => say(""), SAID_FOR);
  };
  return (
    <button type="button" class="sw-button" disabled={disabled} aria-label={said ? undefined : name} onClick={onClick}>
      {said || t("Copy code")}
    </button>
  );
}
