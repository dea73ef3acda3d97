// The shape diagram: draws the blocks. Python computes their layout.

import { useEffect, useRef } from "preact/hooks";
import type { Block, Diagram } from "../generated/records";
import { INPUT_ROW, REFUSED_ROW } from "../generated/tables";
import { arcClass, type Flow, flowClass } from "./flow";
import { t } from "./language";
import { memo } from "./memo";
import { useVirtualRange } from "./useVirtualRange";

const STEP = 2000; // px: the step in which the drawn part moves; see useVirtualRange.ts

interface Props {
  diagram: Diagram;
  hovered: number;
  selected: number;
  fresh: ReadonlySet<number>;
  flow?: Flow | null;
  onHover: (row: number) => void;
  onSelect: (row: number) => void;
  /** Opens a fold; without it, folds are selected as other blocks are. */
  onFold?: (row: number) => void;
}

export function ShapeDiagram({ diagram, hovered, selected, fresh, flow = null, onHover, onSelect, onFold }: Props) {
  const scroll = useRef<HTMLDivElement>(null);
  const refused = diagram.blocks.some((block) => block.row === REFUSED_ROW);
  const newest = refused ? REFUSED_ROW : Math.max(INPUT_ROW, ...fresh); // INPUT_ROW: nothing new, do not scroll
  const [from, to] = useVirtualRange(scroll, "x", STEP, diagram.blocks.length);
  useEffect(() => {
    const block = diagram.blocks.find(({ row }) => row === newest);
    if (scroll.current && block && newest !== INPUT_ROW) bringIntoView(scroll.current, block);
  }, [newest]);
  const held = diagram.blocks.some((block) => block.held);
  return (
    <figure class="sw-figure">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it must scroll by keyboard */}
      <div class="sw-scroll" tabIndex={0} role="group" aria-label={t("Shape diagram")} ref={scroll}>
        <svg
          class="sw-svg"
          role="img"
          aria-label={diagram.description}
          viewBox={`0 0 ${diagram.width} ${diagram.height}`}
          width={diagram.width}
          height={diagram.height}
        >
          <title>{diagram.description}</title>
          {diagram.blocks
            .filter(({ cx }) => from <= cx && cx <= to)
            .map((block) => (
              <BlockShape
                key={block.row}
                block={block}
                height={diagram.height}
                states={
                  (block.row === hovered && block.row >= 0 ? " is-hovered" : "") +
                  (block.row === selected && block.row >= 0 ? " is-selected" : "") +
                  (fresh.has(block.row) ? " is-new" : "") +
                  flowClass(flow, block.row)
                }
                onHover={onHover}
                onSelect={block.count > 1 && onFold ? onFold : onSelect}
              />
            ))}
          {diagram.arcs
            .filter(({ left, right }) => from <= right && left <= to)
            .map(({ source, target, path }) => (
              <path key={path} class={`sw-arc${arcClass(flow, source, target)}`} d={path} />
            ))}
        </svg>
      </div>
      <figcaption class="sw-caption">
        {diagram.legend.map(({ cls, label }) => (
          <i key={cls} class={`sw-key ${cls}`}>
            {label}
          </i>
        ))}
        <span class="sw-scale">{diagram.scale}</span>
        {held && <span>{t("≈ clamped, not to scale")}</span>}
      </figcaption>
    </figure>
  );
}

interface BlockProps {
  block: Block;
  height: number;
  states: string;
  onHover: (row: number) => void;
  onSelect: (row: number) => void;
}

const BlockShape = memo(
  ({ block, height, states, onHover, onSelect }: BlockProps) => {
    const { x, y, w, h, dx, dy, cx } = block;
    const wide = width(block);
    const classes = `sw-block ${block.cls}${block.frozen ? " is-frozen" : ""}${block.unknown ? " is-unknown" : ""}${states}`;
    return (
      // biome-ignore lint/a11y/noStaticElementInteractions: the table offers the same by keyboard
      <g
        class={classes}
        data-row={block.row}
        onMouseEnter={() => onHover(block.row)}
        onMouseLeave={() => onHover(-1)}
        onClick={() => onSelect(block.row)}
      >
        <title>{block.title}</title>
        <rect class="sw-back" x={cx - wide / 2} y={2} width={wide} height={height - 4} rx={4} />
        <path d={`M${x} ${y}h${w}v${h}h${-w}z`} />
        {dx > 0 && !block.unknown && (
          <>
            <path d={`M${x} ${y}l${dx} ${-dy}h${w}L${x + w} ${y}z`} />
            <path d={`M${x + w} ${y}l${dx} ${-dy}v${h}L${x + w} ${y + h}z`} />
          </>
        )}
        {block.frozen && ( // a dashed line, longer than any face and clipped to this one
          <svg x={x} y={y} width={w} height={h} aria-hidden="true">
            <path d="M0 0l199 199" />
          </svg>
        )}
        <text class="sw-label" x={cx} y={block.label_y}>
          {block.label}
        </text>
        <text class="sw-shape" x={cx} y={block.shape_y}>
          {block.shape + (block.held ? " ≈" : "")}
        </text>
      </g>
    );
  },
  (a, b) => a.states === b.states && a.height === b.height && a.block === b.block,
);

/** Return the width of a block's space in the diagram, which is wider than a small face. */
function width({ w, dx }: Block): number {
  return Math.max(w + dx, 40) + 8;
}

/** Scroll only the diagram: the page must not move while the user reads elsewhere. */
function bringIntoView(scroll: HTMLElement, block: Block): void {
  const [left, right] = [block.cx - width(block) / 2, block.cx + width(block) / 2];
  const over = right - (scroll.scrollLeft + scroll.clientWidth);
  if (over > 0) scroll.scrollLeft += over + 16;
  else if (left < scroll.scrollLeft) scroll.scrollLeft = left - 8;
}
