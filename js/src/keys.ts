// Keys that are pressed in a panel are not for the notebook around it, where two d's delete the cell.

/** Keeps keys in a panel, but for those with Ctrl, Alt or Cmd, such as save, and Shift+Enter, which runs the cell. */
export function keepKeys(root: HTMLElement): void {
  root.addEventListener("keydown", (event) => {
    const forAll = event.ctrlKey || event.altKey || event.metaKey || (event.shiftKey && event.key === "Enter");
    if (!forAll) event.stopPropagation();
  });
}
