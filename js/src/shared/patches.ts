// Applies the patches that seqwidget/widgets/patches.py computes. Unchanged parts of a value remain
// the same objects.

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

export type Patch =
  | { "=": Json }
  | { keys: Record<string, Patch>; gone: string[] }
  | { length: number; items: Record<string, Patch>; more: Json[] }
  | { kept: number; text: string };

/** Return a value with a patch applied. Throws if the patch is not for this value. */
export function patched(old: Json | undefined, patch: Patch): Json {
  if ("=" in patch) return patch["="];
  if ("kept" in patch) return [...(old as string)].slice(0, patch.kept).join("") + patch.text;
  if ("more" in patch) {
    const list = (old as Json[]).slice(0, patch.length);
    for (const [at, one] of Object.entries(patch.items)) list[Number(at)] = patched(list[Number(at)], one);
    return [...list, ...patch.more];
  }
  const record = { ...(old as Record<string, Json>) };
  for (const key of patch.gone) delete record[key];
  for (const [key, one] of Object.entries(patch.keys)) record[key] = patched(record[key], one);
  return record;
}
