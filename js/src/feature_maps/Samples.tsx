// The samples of the batch as thumbnails, to select one.

import { useEffect, useRef, useState } from "preact/hooks";
import { t } from "../shared/language";
import type { Ask } from "../shared/requests";
import { pixelsOf, scratch, sized } from "./paint";

const SIDE = 44;

interface Props {
  ask: Ask;
  count: number;
  sample: number;
  onChoose: (sample: number) => void;
}

export function Samples({ ask, count, sample, onChoose }: Props) {
  const [pictures, setPictures] = useState<ImageData[] | null>(null);
  useEffect(() => {
    let wanted = true;
    ask("thumbnails", { limit: Math.round(SIDE * window.devicePixelRatio) })
      .then(({ arrays }) => wanted && setPictures(arrays.photos ? pixelsOf(arrays.photos) : null))
      .catch(() => {}); // without thumbnails, the buttons show numbers
    return () => {
      wanted = false;
    };
  }, [ask, count]);
  return (
    <div class="sw-samples" role="radiogroup" aria-label={t("Sample")}>
      {[...Array(count).keys()].map((at) => (
        <button
          key={at}
          type="button"
          role="radio"
          aria-checked={at === sample}
          tabIndex={at === sample ? 0 : -1}
          aria-label={t("Sample {number}", { number: at })}
          title={t("Sample {number}", { number: at })}
          onClick={() => onChoose(at)}
          onKeyDown={(event) => {
            const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: count - 1 }[event.key];
            if (to === undefined) return;
            event.preventDefault();
            event.stopPropagation();
            const next = Math.min(count - 1, Math.max(0, to));
            onChoose(next);
            (event.currentTarget.parentElement?.children[next] as HTMLElement | undefined)?.focus();
          }}
        >
          {pictures?.[at] ? <Thumbnail picture={pictures[at]} /> : at}
        </button>
      ))}
    </div>
  );
}

function Thumbnail({ picture }: { picture: ImageData }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    if (!canvas.current) return;
    const scale = SIDE / Math.max(picture.width, picture.height);
    const [width, height] = [picture.width * scale, Math.max(2, picture.height * scale)];
    sized(canvas.current, width, height, window.devicePixelRatio).drawImage(scratch(picture), 0, 0, width, height);
  }, [picture]);
  return <canvas ref={canvas} />;
}
