// A button that copies code and says that it did.

import { useState } from "preact/hooks";
import { copy } from "./clipboard";

const SAID_FOR = 1500;

interface Props {
  label: string;
  /** What is copied, for whoever does not see where the button stands. */
  what?: string;
  disabled?: boolean;
  text: () => string | Promise<string>;
}

export function CopyButton({ label, what, disabled, text }: Props) {
  const [said, say] = useState("");
  const onClick = async () => {
    say((await copy(await text())) ? "Copied" : "Select it and copy by hand");
    setTimeout(() => say(""), SAID_FOR);
  };
  const name = what && !said ? `${label} ${what}` : undefined;
  return (
    <button type="button" class="sw-button" disabled={disabled} aria-label={name} onClick={onClick}>
      {said || label}
    </button>
  );
}
