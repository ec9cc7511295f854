/** A column: its heading, and the side its cells stand on. */
export interface Column {
  readonly heading: string;
  readonly align?: 'left' | 'right';
}

/** A table as text: headings, a rule, one line a row; columns two spaces apart and as wide as their widest cell. */
export function formatTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const widths = columns.map(({ heading }, index) =>
    Math.max(heading.length, ...rows.map((row) => row[index]?.length ?? 0)),
  );
  const line = (cells: readonly string[]) =>
    columns
      .map(({ align }, index) => {
        const [cell, width] = [cells[index] ?? '', widths[index] ?? 0];
        return align === 'right' ? cell.padStart(width) : cell.padEnd(width);
      })
      .join('  ')
      .trimEnd();
  const rule = widths.map((width) => '─'.repeat(width)).join('──');
  return [line(columns.map(({ heading }) => heading)), rule, ...rows.map(line)].join('\n');
}
