// Download buttons: the visible grid as PNG, and the layer's whole array as .npy.

import { save } from "../shared/download";
import type { Ask, Values } from "../shared/requests";
import type { Maps } from "./mapStore";

interface Props {
  ask: Ask;
  maps: Maps;
  name: string;
  onError: (message: string) => void;
}

export function Downloads({ ask, maps, name, onError }: Props) {
  const { layer, sample, filters } = maps.wish;
  const file = `${name}-${(layer || "input").replaceAll("/", "-")}-${filters ? "kernels" : `sample${sample}`}`;
  const onPng = (event: MouseEvent) => {
    const canvas = (event.currentTarget as Element)
      .closest(".seqwidget")
      ?.querySelector<HTMLCanvasElement>(".sw-grid canvas");
    canvas?.toBlob((blob) => blob && save(blob, `${file}.png`));
  };
  const onNpy = () =>
    ask("array", { layer, sample, filters })
      .then(({ arrays }) => save(new Blob([arrays.npy?.values as Values as BlobPart]), `${file}.npy`))
      .catch((error: Error) => onError(error.message));
  return (
    <span class="sw-downloads">
      {maps.form !== "vector" && (
        <button type="button" class="sw-button" onClick={onPng}>
          PNG
        </button>
      )}
      <button type="button" class="sw-button" onClick={onNpy}>
        .npy
      </button>
    </span>
  );
}
