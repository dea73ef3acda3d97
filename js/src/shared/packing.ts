// Unpacks the traits that seqwidget/widgets/packing.py packs.

import { unzlibSync } from "fflate";

/** Return the traits in the bytes of a message. */
export function unpacked(bytes: Uint8Array): Record<string, unknown> {
  return JSON.parse(new TextDecoder().decode(unzlibSync(bytes)));
}
