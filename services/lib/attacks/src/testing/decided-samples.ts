import { marginAt, perceptronAt, type Vector } from './reference.ts';
import { imageAt } from './step-toy.ts';
import { toyImages, toyWeights } from './toy-encoder.ts';

/** Where samples that a test may use are looked for. */
const candidates = 40;

/** Toy samples that the perceptron has an opinion about: where no unit is active all its logits are equal. */
export function decidedSamples(classes: number, count: number) {
  const weights = toyWeights(classes);
  const classOf = (x: Vector): number => {
    const { logits } = perceptronAt(weights, x);
    return logits.indexOf(Math.max(...logits));
  };
  const imageOf = (sampleId: number): Vector => imageAt({ image: toyImages([sampleId]) }, 'image', 0);
  const sampleIds = Array.from({ length: candidates }, (_, sampleId) => sampleId)
    .filter((sampleId) => marginAt(weights, imageOf(sampleId), classOf(imageOf(sampleId))).loss < 0)
    .slice(0, count);
  const clean = sampleIds.map(imageOf);
  return { weights, classOf, sampleIds, clean, labels: clean.map(classOf) };
}
