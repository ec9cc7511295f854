const steps: Readonly<Record<string, readonly [number, number]>> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
};

/** Moves the focus among the cells of a table by the arrow keys. Row `clean` lies above row 0. */
export function moveAmongCells(event: Event): void {
  if (!(event instanceof KeyboardEvent) || !(event.target instanceof HTMLElement)) return;
  const [down, right] = steps[event.key] ?? [0, 0];
  const { row, column } = event.target.dataset;
  if (row === undefined || column === undefined || (down === 0 && right === 0)) return;
  const nextRow = (row === 'clean' ? -1 : Number(row)) + down;
  const name = nextRow === -1 ? 'clean' : nextRow;
  const next = event.target
    .closest('table')
    ?.querySelector<HTMLElement>(`[data-row="${name}"][data-column="${Number(column) + right}"]`);
  event.preventDefault();
  next?.focus();
}
