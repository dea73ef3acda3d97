// Keeps keys that are pressed in a panel away from the notebook, where "d d" deletes the cell.

/**
 * Keep keys in a panel, except those with Ctrl, Alt or Cmd (such as save), and Shift+Enter, which
 * runs the cell.
 */
export function keepKeys(root: HTMLElement): void {
  root.addEventListener("keydown", (event) => {
    const forAll = event.ctrlKey || event.altKey || event.metaKey || (event.shiftKey && event.key === "Enter");
    if (!forAll) event.stopPropagation();
  });
}
