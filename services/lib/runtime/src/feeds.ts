import { formatShape, type Graph, inputName } from '@parallax/graph';
import { FeedError, type Feeds } from './engine.ts';

/** Checks that feeds are exactly what the graph takes, and that equal symbols get equal lengths, which are not 0. */
export function assertFeeds(graph: Graph, feeds: Feeds): void {
  const lengths = new Map<string, number>();
  for (const value of graph.inputs) {
    const name = inputName(value);
    const expected = `${value.dtype} ${formatShape(value.shape)}`;
    const tensor = feeds[name];
    if (tensor === undefined) throw new FeedError(name, expected, 'nothing');
    const got = `${tensor.dtype} ${formatShape(tensor.dims)}`;
    if (tensor.dtype !== value.dtype || tensor.dims.length !== value.shape.length)
      throw new FeedError(name, expected, got);
    value.shape.forEach((dim, axis) => {
      const length = tensor.dims[axis] ?? 0;
      const wanted = typeof dim === 'number' ? dim : (lengths.get(dim) ?? length);
      if (typeof dim === 'string') lengths.set(dim, length);
      if (typeof dim === 'string' && length === 0) throw new FeedError(name, `${expected} with ${dim} from 1`, got);
      if (length !== wanted) throw new FeedError(name, `${expected} with length ${wanted} on axis ${axis}`, got);
    });
  }
  const unknown = Object.keys(feeds).find((name) => !graph.inputs.some((value) => inputName(value) === name));
  if (unknown !== undefined) throw new FeedError(unknown, 'an input of the graph', 'an unknown name');
}
