import type { FoundEncoder } from '@parallax/messages';
import { type HeadRef, Paradigm } from '@parallax/proto/parallax/common/v1/encoder_ref';
import type { Tensor as TensorMessage } from '@parallax/proto/parallax/common/v1/tensor';
import { EmbedRequest_Space } from '@parallax/proto/parallax/encoder/v1/encoder_service';
import { internal } from '@parallax/rpc';
import { decodeTensor, encodeTensor, type Tensor } from '@parallax/tensor';
import type { FeatureSource, HeadChoice } from './feature-source.ts';

/** Twenty draws of a large batch through a diffusion encoder take a while. */
const deadlineMs = 10 * 60_000;

/** The features of a frozen encoder, from the service that has it. */
export function encoderSource({ client, encoder }: FoundEncoder): FeatureSource {
  const { name, bundleDigest, paradigm } = encoder;
  return {
    identity: bundleDigest,
    // The paper probes its masked autoencoders more gently (protocol §7).
    standardLearningRate: paradigm === Paradigm.MIM ? 0.01 : 0.1,
    embed: async ({ images, sampleIds }, { seed, signal }) => {
      const request = {
        encoder: name,
        images: encodeTensor(images),
        space: EmbedRequest_Space.FEATURES,
        sampleIds: sampleIds.map(BigInt),
        seed: BigInt(seed),
        draw: 0,
      };
      const { vectors } = await client.embed(request, { signal, deadlineMs });
      return floats(vectors, 'vectors');
    },
    classify: async ({ images, sampleIds }, head, { seed, draws, signal }) => {
      const request = {
        encoder: name,
        head: headMessage(head),
        images: encodeTensor(images),
        sampleIds: sampleIds.map(BigInt),
        seed: BigInt(seed),
        draws,
        stopWhenDecided: false,
      };
      const { classes, logits } = await client.predict(request, { signal, deadlineMs });
      return { classes, logits: floats(logits, 'logits') };
    },
    // The connection belongs to the directory.
    [Symbol.asyncDispose]: async () => undefined,
  };
}

function headMessage(head: HeadChoice): HeadRef {
  if (head.kind === 'own') return { head: { $case: 'own', value: {} } };
  return { head: { $case: 'artifactDigest', value: head.digest } };
}

function floats(message: TensorMessage | undefined, field: string): Tensor<'float32'> {
  const tensor = message && decodeTensor(message);
  if (tensor?.dtype !== 'float32') throw internal(`${field}: expected FP32 of the encoder service`);
  return tensor as Tensor<'float32'>;
}
