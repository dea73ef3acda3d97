// A row of tabs, which arrow keys move between.

interface Props<Tab extends string> {
  /** The label of each tab. */
  tabs: Readonly<Record<Tab, string>>;
  shown: Tab;
  /** A few words after a label. */
  remark: Readonly<Partial<Record<Tab, string | undefined>>>;
  onShow: (tab: Tab) => void;
}

export function Tabs<Tab extends string>({ tabs, shown, remark, onShow }: Props<Tab>) {
  const names = Object.keys(tabs) as Tab[];
  const onKeyDown = (event: KeyboardEvent & { currentTarget: HTMLElement }) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const next = (names.indexOf(shown) + step + names.length) % names.length;
    onShow(names[next] as Tab);
    (event.currentTarget.children[next] as HTMLElement).focus();
    event.preventDefault();
    event.stopPropagation(); // the notebook uses the same keys to move between cells
  };
  return (
    <div class="sw-tabs" role="tablist" onKeyDown={onKeyDown}>
      {names.map((name) => (
        <button
          key={name}
          type="button"
          role="tab"
          aria-selected={name === shown}
          tabIndex={name === shown ? 0 : -1}
          onClick={() => onShow(name)}
        >
          {tabs[name]}
          {remark[name] && <span class="sw-muted"> {remark[name]}</span>}
        </button>
      ))}
    </div>
  );
}
