// The pages of maps.

import { count } from "../shared/formatting";
import { t, tn } from "../shared/language";
import type { View } from "./viewState";

export function turn({ page, pages }: View, step: number): void {
  page.value = Math.min(pages.value - 1, Math.max(0, Math.min(page.value, pages.value - 1) + step));
}

export function Pager({ view, channels }: { view: View; channels: number }) {
  const pages = view.pages.value;
  const page = Math.min(view.page.value, pages - 1);
  if (pages < 2) return <span class="sw-stat">{tn("{n} channel", "{n} channels", channels)}</span>;
  return (
    <span class="sw-pager">
      <button type="button" class="sw-button" disabled={page === 0} onClick={() => turn(view, -1)}>
        {t("‹ Previous")}
      </button>
      <label>
        {t("Page")}
        <input
          type="number"
          min={1}
          max={pages}
          value={page + 1}
          onChange={(event) => turn(view, event.currentTarget.valueAsNumber - 1 - page || 0)}
        />
        {t("of {pages}, {channels} channels", { pages, channels: count(channels) })}
      </label>
      <button type="button" class="sw-button" disabled={page === pages - 1} onClick={() => turn(view, 1)}>
        {t("Next ›")}
      </button>
    </span>
  );
}
