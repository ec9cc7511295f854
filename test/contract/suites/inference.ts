import { GRPCInferenceServiceService, ModelInferRequest } from '@parallax/proto/inference/grpc_predict_v2';
import { EmbedRequest, EncoderServiceService } from '@parallax/proto/parallax/encoder/v1/encoder_service';
import { describe, expect, test } from 'vitest';
import type { ContractContext } from '../context.ts';
import { encoderName, sampleImages } from '../samples.ts';

/** What clients of KServe and Triton see of an encoder service. */
export function inferenceSuite(context: ContractContext): void {
  describe('Open Inference Protocol', () => {
    test('names the server and its models', async () => {
      using client = context.client(GRPCInferenceServiceService, 'encoder-sl');
      expect(await client.serverLive({})).toEqual({ live: true });
      expect(await client.serverReady({})).toEqual({ ready: true });
      expect((await client.serverMetadata({})).name).toBe('parallax-encoder');
      expect(await client.modelReady({ name: encoderName, version: '' })).toEqual({ ready: true });
      const { inputs, outputs } = await client.modelMetadata({ name: encoderName, version: '' });
      expect(inputs).toMatchObject([{ name: 'images', shape: [-1n, 3n, 32n, 32n] }]);
      expect(outputs.map(({ name }) => name)).toEqual(['features', 'logits']);
    });

    test('embeds as our own contract does', async () => {
      using client = context.client(GRPCInferenceServiceService, 'encoder-sl');
      using own = context.client(EncoderServiceService, 'encoder-sl');
      const images = sampleImages(3);
      const { datatype, shape, contents } = images;
      const input = { name: 'images', datatype, shape: shape.map(BigInt), parameters: {}, contents: undefined };
      const request = { ...ModelInferRequest.create({ modelName: encoderName }), rawInputContents: [contents] };
      const { rawOutputContents } = await client.modelInfer({ ...request, inputs: [input] });
      const { vectors } = await own.embed({ ...EmbedRequest.create({ encoder: encoderName }), images });
      expect(rawOutputContents[0]).toEqual(vectors?.contents);
    });
  });
}
