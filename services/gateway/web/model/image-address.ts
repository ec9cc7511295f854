import type { TensorArtifact } from '../api/messages.ts';

/** Address of one image of a batch, as PNG. */
export function imageAddress({ digest, datatype, shape }: TensorArtifact, index: number): string {
  return `/api/v1/images/${digest}/${index}?shape=${shape.join('x')}&datatype=${datatype}`;
}

/** Address of the amplified change between two images; without a gain the largest change is black or white. */
export function differenceAddress(
  from: TensorArtifact,
  to: TensorArtifact,
  index: number,
  gain: number | undefined,
): string {
  const query = `shape=${to.shape.join('x')}&datatype=${to.datatype}${gain === undefined ? '' : `&gain=${gain}`}`;
  return `/api/v1/differences/${from.digest}/${to.digest}/${index}?${query}`;
}
