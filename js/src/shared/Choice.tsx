// A menu with the choices of a trait.

import { t } from "./language";

interface Props<Value extends string> {
  label: string;
  /** The labels of the choices, in English; they are translated here. */
  options: Readonly<Record<Value, string>>;
  value: Value;
  disabled?: boolean;
  onChoose: (value: Value) => void;
}

export function Choice<Value extends string>({ label, options, value, disabled = false, onChoose }: Props<Value>) {
  return (
    <label>
      {label}
      <select value={value} disabled={disabled} onChange={(event) => onChoose(event.currentTarget.value as Value)}>
        {Object.entries<string>(options).map(([id, text]) => (
          <option key={id} value={id}>
            {t(text)}
          </option>
        ))}
      </select>
    </label>
  );
}
