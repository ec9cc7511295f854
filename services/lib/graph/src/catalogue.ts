import { attentions } from './composites/attention.ts';
import { deformable } from './composites/deformable.ts';
import { einsum } from './composites/einsum.ts';
import { indexing as indices } from './composites/indexing.ts';
import { losses } from './composites/loss.ts';
import { math } from './composites/math.ts';
import { movement as moves } from './composites/movement.ts';
import { normalization as normalizations } from './composites/normalization.ts';
import { pooling as pools } from './composites/pooling.ts';
import { quantization as quantizations } from './composites/quantization.ts';
import { regions } from './composites/regions.ts';
import { spatial } from './composites/spatial.ts';
import { composites } from './composites/table.ts';
import { foldedOperators } from './onnx/import/folding/table.ts';
import { forms } from './onnx/import/forms/table.ts';
import { upgrades } from './onnx/import/upgrades/table.ts';
import { activations } from './operators/activation.ts';
import { control } from './operators/control.ts';
import { convolutions } from './operators/convolution.ts';
import { elementwise } from './operators/elementwise.ts';
import { gradients } from './operators/gradient.ts';
import { indexing } from './operators/indexing.ts';
import { linear } from './operators/linear.ts';
import { movement } from './operators/movement.ts';
import { normalization } from './operators/normalization.ts';
import { pooling } from './operators/pooling.ts';
import { quantization } from './operators/quantization.ts';
import { reductions } from './operators/reduction.ts';
import { resize } from './operators/resize.ts';
import { selection } from './operators/selection.ts';
import { operators } from './operators/table.ts';

/** Where an operator stands: in the table, written out in operators of the table, or gone once a model is imported. */
export type OperatorForm = 'native' | 'written out' | 'at import';

export interface CatalogueEntry {
  /** Its ONNX name, with the domain before it when that is not the standard's. */
  readonly op: string;
  readonly family: string;
  readonly form: OperatorForm;
}

/** The operators and those written out, by family; families of one name are one. */
const families: readonly (readonly [family: string, ...members: readonly object[]])[] = [
  ['elementwise', elementwise, math],
  ['activations', activations],
  ['selection and indices', selection, indexing, indices],
  ['reductions and softmax', reductions],
  ['shape and movement', movement, moves],
  ['linear algebra', linear, einsum, attentions],
  ['convolutions', convolutions, deformable],
  ['pooling', pooling, pools],
  ['interpolation', resize, spatial, regions],
  ['normalisation', normalization, normalizations],
  ['quantisation', quantization, quantizations],
  ['losses', losses],
  ['control', control],
  ['gradients', gradients],
];

/** Every operator that a model may hold, once, in the order of the families. */
export function operatorCatalogue(): readonly CatalogueEntry[] {
  const known = families.flatMap(([family, ...members]) =>
    members.flatMap((member) => Object.keys(member).map((op): CatalogueEntry => ({ op, family, form: formOf(op) }))),
  );
  const names = new Set(known.map(({ op }) => op));
  const imported = [...new Set([...Object.keys(forms), ...Object.keys(upgrades), ...foldedOperators])];
  return [
    ...known,
    ...imported
      .filter((op) => !names.has(op))
      .sort()
      .map((op): CatalogueEntry => ({ op, family: 'resolved at import', form: 'at import' })),
  ];
}

function formOf(op: string): OperatorForm {
  return Object.hasOwn(composites, op) && !Object.hasOwn(operators, op) ? 'written out' : 'native';
}
