/**
 * Signed distance from the point (u, v) to the edge of a figure about as large as the unit circle: negative inside, in units
 * of its radius, exact near the edge. After I. Quilez, "2D distance functions".
 */
export type Figure = (u: number, v: number) => number;

/** The classes of the dataset `shapes`, by name, in the order of their labels. */
export const figures = {
  circle: (u, v) => hypot(u, v) - 0.9,
  square: (u, v) => box(u, v, 0.8, 0.8),
  triangle: (u, v) => Math.max(Math.abs(u) * cos30 + v * 0.5, -v) - 0.5,
  cross: (u, v) => Math.min(box(u, v, 0.95, 0.3), box(u, v, 0.3, 0.95)),
  ring: (u, v) => Math.abs(hypot(u, v) - 0.7) - 0.22,
  star: (u, v) => star(u, v),
  bars: (u, v) => Math.max(box(u, v, 0.9, 0.85), 0.17 - Math.abs(Math.abs(u) - 0.42)),
  checker: (u, v) => Math.max(box(u, v, 0.85, 0.85), Math.min(Math.abs(u), Math.abs(v)) * -Math.sign(u * v)),
  crescent: (u, v) => Math.max(hypot(u, v) - 0.95, 0.75 - hypot(u - 0.45, v)),
  corner: (u, v) => Math.max(box(u, v, 0.85, 0.85), Math.min(u + 0.25, v + 0.25)),
} as const satisfies Readonly<Record<string, Figure>>;

/** Several times faster than `Math.hypot`, which guards against overflow. */
function hypot(x: number, y: number): number {
  return Math.sqrt(x * x + y * y);
}

const cos30 = Math.sqrt(3) / 2;

function box(u: number, v: number, halfWidth: number, halfHeight: number): number {
  return Math.max(Math.abs(u) - halfWidth, Math.abs(v) - halfHeight);
}

/** A five-pointed star: its symmetry folds the plane onto half a point, whose edge is a straight line. */
function star(u: number, v: number): number {
  const sector = (2 * Math.PI) / 5;
  const radius = hypot(u, v);
  const angle = Math.atan2(u, v);
  const folded = Math.abs(angle - sector * Math.round(angle / sector));
  const [x, y] = [radius * Math.cos(folded), radius * Math.sin(folded)];
  return (x - tip.x) * edgeNormal.x + y * edgeNormal.y;
}

/** The edge of the folded point runs from its tip to the notch between two points. */
const tip = { x: 1, y: 0 };
const notch = { x: 0.42 * Math.cos(Math.PI / 5), y: 0.42 * Math.sin(Math.PI / 5) };
const edgeLength = hypot(tip.x - notch.x, notch.y);
const edgeNormal = { x: notch.y / edgeLength, y: (tip.x - notch.x) / edgeLength };
