// Shows the panel of the model that was edited last beside the notebook, where the extension of JupyterLab and Notebook 7
// offers a place. Elsewhere, there is no button for it.

import { computed, effect, type ReadonlySignal, signal, untracked } from "@preact/signals";
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { SummaryTraits } from "../generated/traits";
import type { Connection } from "./connection";
import { t } from "./language";
import { OFFER, type Offer } from "./offer";

/** A panel that can be docked. */
export interface Dockable {
  connection: Pick<Connection<SummaryTraits>, "traits" | "hasFacts" | "status">;
}

/** Whether the panel of the model is docked, and a function that docks it or puts it back; null where that is not possible. */
export interface Docking {
  /** Whether the panel has a kernel. */
  possible: ReadonlySignal<boolean>;
  docked: ReadonlySignal<boolean>;
  set: (docked: boolean) => void;
}

export const Dock = createContext<Docking | null>(null);

export function DockButton() {
  const docking = useContext(Dock);
  if (!docking) return null;
  const docked = docking.docked.value;
  if (!docked && !docking.possible.value) return null;
  const label = docked ? t("Put the panel back into the notebook") : t("Dock the panel beside the notebook");
  return (
    <button type="button" class="sw-icon" title={label} aria-label={label} onClick={() => docking.set(!docked)}>
      <svg viewBox="0 0 14 14" aria-hidden="true">
        <path d={docked ? "M1.5 2.5h11v9h-11zM9 2.5v9M6.5 7h-3M5 5.2 3.2 7 5 8.8" : "M1.5 2.5h11v9h-11zM9 2.5v9"} />
        {!docked && <path class="sw-filled" d="M9 2.5h3.5v9H9z" />}
      </svg>
    </button>
  );
}

/** The panels of a kernel's models in this page, and the offer to dock the one of the model that was edited last. */
export class Docks<T extends Dockable> {
  readonly #panels = signal<readonly T[]>([]);
  readonly #docked = signal(false);
  readonly #latest = computed(() =>
    this.#panels.value
      .filter(({ connection }) => connection.hasFacts.value)
      .reduce<T | null>((best, one) => (best && isLater(best, one) ? best : one), null),
  );
  readonly #draw: (panel: T, el: HTMLElement) => () => void;
  #offer: Offer | null = null;

  constructor(draw: (panel: T, el: HTMLElement) => () => void) {
    this.#draw = draw;
  }

  /** Add a panel until the returned function is called. The first one makes the offer, if the id of its kernel is known. */
  add(panel: T, kernel: string | undefined): () => void {
    this.#panels.value = [...this.#panels.peek(), panel];
    if (kernel && !this.#offer) {
      this.#offer = {
        kernel,
        draw: (el) => this.#drawLatest(el),
        tell: (docked) => {
          this.#docked.value = docked;
        },
      };
      document.dispatchEvent(new CustomEvent(OFFER, { detail: this.#offer }));
    }
    return () => {
      this.#panels.value = this.#panels.peek().filter((one) => one !== panel);
    };
  }

  /** What the views of a panel need for their button; null if nobody has answered the offer. */
  dockingOf(panel: T): Docking | null {
    const dock = this.#offer?.dock;
    return dock ? { docked: this.#docked, set: dock, possible: computed(() => !isGone(panel)) } : null;
  }

  #drawLatest(el: HTMLElement): () => void {
    let stop = () => {};
    const end = effect(() => {
      const panel = this.#latest.value;
      stop();
      stop = panel ? untracked(() => this.#draw(panel, el)) : () => {};
    });
    return () => {
      end();
      stop();
    };
  }
}

const isGone = ({ connection }: Dockable) => connection.status.value === "gone";
const edited = ({ connection }: Dockable) => connection.traits.last_edit.value;
/** Return whether a panel comes before another one: a restarted kernel counts edits from the start. */
const isLater = (one: Dockable, other: Dockable) =>
  isGone(one) === isGone(other) ? edited(one) > edited(other) : isGone(other);
