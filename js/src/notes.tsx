// What there is to know about a stack, each with why it matters and a switch to silence it.

import { t } from "./language";
import type { Note, Stack } from "./types";

interface Props {
  stack: Stack;
  remarks: string[];
  silent: string[];
  live: boolean;
  onSilence: (key: string) => void;
  onUnsilence: () => void;
}

export function Notes({ stack, remarks, silent, live, onSilence, onUnsilence }: Props) {
  if (remarks.length + stack.notes.length + silent.length === 0) return null;
  return (
    <ul class="sw-notes">
      {remarks.map((remark) => (
        <li key={remark}>{remark}</li>
      ))}
      {stack.notes.map((note) => (
        <li key={`${note.key} ${note.row}`} class="sw-note">
          <details>
            <summary>
              <span class="sw-sign" aria-hidden="true">
                ▲
              </span>{" "}
              {about(note, stack)}
            </summary>
            <p>
              {note.why}{" "}
              <button type="button" class="sw-button" disabled={!live} onClick={() => onSilence(note.key)}>
                {t("Silence notes of this kind")}
              </button>
            </p>
          </details>
        </li>
      ))}
      {silent.length > 0 && (
        <li>
          {t("Silenced: {notes}", { notes: silent.join(", ") })}{" "}
          <button type="button" class="sw-button" disabled={!live} onClick={onUnsilence}>
            {t("Show again")}
          </button>
        </li>
      )}
    </ul>
  );
}

function about(note: Note, stack: Stack): string {
  const path = note.row === null ? null : stack.rows[note.row]?.path;
  return path ? `${path}: ${note.text}` : note.text;
}
