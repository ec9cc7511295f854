import { InputError, parseAll } from '@parallax/config';
import { parseImages } from '@parallax/datasets';
import { parseSeed } from '@parallax/messages';
import type {
  InferTensorContents,
  ModelInferRequest_InferInputTensor as InputTensor,
  ModelInferRequest,
} from '@parallax/proto/inference/grpc_predict_v2';
import { float32, type Tensor, toBytes, type WireTensor } from '@parallax/tensor';
import type { ServedEncoder } from '../encoders/encoder-library.ts';
import { inputName, type OutputName, parseOutputs } from './served-tensors.ts';

/** What an Open Inference Protocol client asks for. */
export interface InferTask {
  readonly images: Tensor<'float32'>;
  readonly seed: bigint;
  readonly outputs: readonly OutputName[];
  /** Whether tensors travel as raw bytes; else as lists of numbers. */
  readonly isRaw: boolean;
}

/** @throws InputError naming everything that is wrong. */
export function parseInfer(request: ModelInferRequest, encoder: ServedEncoder): InferTask {
  const parsed = parseAll({
    images: () => {
      const field = 'inputs[0]';
      return parseImages(wireTensor(request), { field, shape: encoder.manifest.inputShape });
    },
    seed: () => parseParameters(request),
    outputs: () =>
      parseOutputs(
        request.outputs.map(({ name }) => name),
        encoder,
      ),
  });
  return { ...parsed, isRaw: request.rawInputContents.length > 0 };
}

function wireTensor({ inputs, rawInputContents }: ModelInferRequest): WireTensor {
  const [input] = inputs;
  if (input === undefined || inputs.length > 1) throw refused('inputs', 'exactly one input', String(inputs.length));
  if (input.name !== inputName) throw refused('inputs[0].name', inputName, JSON.stringify(input.name));
  const shape = input.shape.map(Number);
  const [raw] = rawInputContents;
  if (raw === undefined) return { datatype: input.datatype, shape, contents: typedContents(input) };
  if (input.contents === undefined) return { datatype: input.datatype, shape, contents: raw };
  throw refused('inputs[0].contents', 'nothing beside raw_input_contents', 'typed contents');
}

function typedContents({ datatype, contents }: InputTensor): Uint8Array {
  const given = contents ?? ({ fp32Contents: [], uintContents: [] } satisfies Partial<InferTensorContents>);
  if (datatype === 'UINT8') return Uint8Array.from(given.uintContents);
  return toBytes(float32([given.fp32Contents.length], given.fp32Contents));
}

/** The one parameter there is: the seed of the noise. */
function parseParameters({ parameters }: ModelInferRequest): bigint {
  const { seed, ...others } = parameters;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) throw refused(`parameters.${unknown}`, 'no such parameter', 'one');
  const choice = seed?.parameterChoice;
  if (choice === undefined) return 0n;
  if (choice.$case === 'int64Param') return parseSeed(choice.value, 'parameters.seed');
  throw refused('parameters.seed', 'an int64_param', choice.$case);
}

function refused(field: string, expected: string, got: string): InputError {
  return new InputError([{ field, expected, got }]);
}
