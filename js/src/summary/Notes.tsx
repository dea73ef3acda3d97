// The notes about a stack. Each note says why it matters, and has a button to silence its kind.

import { useState } from "preact/hooks";
import type { Note, Stack } from "../generated/records";
import { t, tn } from "../shared/language";

/** The number of notes of one kind that are shown at first, so that they do not hide the others. */
const AT_FIRST = 5;

interface Props {
  stack: Stack;
  remarks: string[];
  silent: string[];
  live: boolean;
  onSilence: (key: string) => void;
  onUnsilence: () => void;
}

export function Notes({ stack, remarks, silent, live, onSilence, onUnsilence }: Props) {
  const [all, setAll] = useState(false);
  const shownRemarks = all ? remarks : remarks.slice(0, AT_FIRST);
  const shownNotes = all ? stack.notes : few(stack.notes);
  const more = remarks.length - shownRemarks.length + stack.notes.length - shownNotes.length;
  if (remarks.length + stack.notes.length + silent.length === 0) return null;
  return (
    <ul class="sw-notes">
      {shownRemarks.map((remark) => (
        <li key={remark}>{remark}</li>
      ))}
      {shownNotes.map((note) => (
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
                {t("Hide notes of this kind")}
              </button>
            </p>
          </details>
        </li>
      ))}
      {more > 0 && (
        <li>
          <button type="button" class="sw-button" onClick={() => setAll(true)}>
            {tn("Show one more note", "Show {n} more notes", more)}
          </button>
        </li>
      )}
      {silent.length > 0 && (
        <li>
          {t("Hidden: {notes}", { notes: silent.join(", ") })}{" "}
          <button type="button" class="sw-button" disabled={!live} onClick={onUnsilence}>
            {t("Show again")}
          </button>
        </li>
      )}
    </ul>
  );
}

function few(notes: Note[]): Note[] {
  const seen = new Map<string, number>();
  return notes.filter(({ key }) => {
    seen.set(key, (seen.get(key) ?? 0) + 1);
    return (seen.get(key) ?? 0) <= AT_FIRST;
  });
}

function about(note: Note, stack: Stack): string {
  const path = note.row === undefined ? null : stack.rows[note.row]?.path;
  return path ? `${path}: ${note.text}` : note.text;
}
