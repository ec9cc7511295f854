import type { AccuracyCurve, StageMark } from './accuracy-curves.ts';

/** One curve with its axes. The vertical axis is a share, from 0 to 100 %. */
export interface Panel extends AccuracyCurve {
  readonly title: string;
  readonly xLabel: string;
  /** Names along the horizontal axis, each from its place on. */
  readonly stages?: readonly StageMark[];
}

const width = 640;
const height = 300;
const margin = { left: 64, right: 20, top: 40, bottom: 52 };
const inner = { width: width - margin.left - margin.right, height: height - margin.top - margin.bottom };

/** A drawing (SVG 1.1). */
export function drawPanel(panel: Panel): string {
  const size = `width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"`;
  const style = 'font-family="sans-serif" font-size="12" fill="#222"';
  const ground = '<rect width="100%" height="100%" fill="#fff"/>';
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} ${style}>\n${ground}\n${partsOf(panel).join('\n')}\n</svg>\n`;
}

function partsOf(panel: Panel): readonly string[] {
  const { title, xLabel, points, end, stages = [] } = panel;
  const xOf = (x: number) => fixed(margin.left + (inner.width * x) / end);
  const yOf = (share: number) => fixed(margin.top + inner.height * (1 - share));
  const steps = points.map((point, index) => ({ ...point, until: points[index + 1]?.x ?? end }));
  const line = steps.flatMap(({ x, until, value }) => [`${xOf(x)},${yOf(value)}`, `${xOf(until)},${yOf(value)}`]);
  const bands = steps
    .filter(({ x, until }) => until > x)
    .map(({ x, until, lower, upper }) => {
      const [left, right, top, bottom] = [xOf(x), xOf(until), yOf(upper), yOf(lower)];
      return `<path d="M${left} ${top}H${right}V${bottom}H${left}Z" fill="#2a6f97" fill-opacity="0.2"/>`;
    });
  return [
    text(title, margin.left, 22, 'font-size="14" font-weight="bold"'),
    ...yTicks(yOf),
    ...(stages.length > 1 ? [] : xTicks(end, xOf)),
    ...stages.map((stage) => drawStage(stage, xOf)),
    ...bands,
    `<polyline points="${line.join(' ')}" fill="none" stroke="#2a6f97" stroke-width="2"/>`,
    text(xLabel, margin.left + inner.width / 2, height - 12, 'text-anchor="middle"'),
  ];
}

function yTicks(yOf: (share: number) => string): readonly string[] {
  return [0, 0.25, 0.5, 0.75, 1].flatMap((share) => [
    rule(margin.left, yOf(share), margin.left + inner.width, yOf(share)),
    text(`${100 * share} %`, margin.left - 8, Number(yOf(share)) + 4, 'text-anchor="end"'),
  ]);
}

function xTicks(end: number, xOf: (x: number) => string): readonly string[] {
  const step = tickStep(end);
  const ticks = Array.from({ length: Math.floor(end / step) + 1 }, (_, index) => index * step);
  const bottom = margin.top + inner.height;
  return ticks.map((tick) =>
    text(String(Number(tick.toPrecision(3))), Number(xOf(tick)), bottom + 18, 'text-anchor="middle"'),
  );
}

/** 1, 2 or 5 times a power of ten, for four to ten ticks. */
function tickStep(end: number): number {
  const power = 10 ** Math.floor(Math.log10(end / 4));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => end / step <= 10) ?? 10 * power;
}

function drawStage({ name, x }: StageMark, xOf: (x: number) => string): string {
  const bottom = margin.top + inner.height;
  return rule(xOf(x), margin.top, xOf(x), bottom) + text(name, Number(xOf(x)) + 3, margin.top + 12, 'fill="#777"');
}

function rule(x1: string | number, y1: string | number, x2: string | number, y2: string | number): string {
  return `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" stroke="#ddd"/>`;
}

function text(content: string, x: number, y: number, attributes: string): string {
  const escaped = content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return `<text x="${fixed(x)}" y="${fixed(y)}" ${attributes}>${escaped}</text>`;
}

function fixed(value: number): string {
  return String(Number(value.toFixed(1)));
}
