import { createHash } from 'node:crypto';
import path from 'node:path';
import { add, constant, createGraph, encodeModel, gemm, input, mul, reshape } from '@parallax/graph';
import { createDraws, type DrawSpec } from '@parallax/objectives';
import type { EncoderManifest, PartManifest } from '@parallax/paradigms';
import {
  EncoderServiceService,
  RegisterEncoderRequest_Header as Header,
} from '@parallax/proto/parallax/encoder/v1/encoder_service';
import { createClient } from '@parallax/rpc';
import { openFolderArtifactStore, putJson } from '@parallax/store';
import { float32, normal } from '@parallax/tensor';
import type { LocalProgram } from './local-program.ts';

const shape = [3, 32, 32] as const;
const pixels = 3 * 32 * 32;
const classes = 10;

/** Registers a linear classifier with random weights that sees images through noise. */
export async function registerNoisy({ home, services }: LocalProgram, name: string, deviation: number): Promise<void> {
  const artifacts = await openFolderArtifactStore(path.join(home, 'artifacts'));
  const put = async (bytes: Uint8Array, draws: readonly DrawSpec[]): Promise<PartManifest> => {
    await artifacts.put(bytes);
    return { digest: createHash('sha256').update(bytes).digest('hex'), bytes: bytes.byteLength, draws };
  };
  const images = input('images', ['N', ...shape]);
  const draws = createDraws();
  const seen = add(images, mul(draws.draw('noisy.noise', 'normal', shape), deviation));
  const encode = createGraph([images, ...draws.inputs], { features: reshape(seen, [-1, pixels]) });
  const features = input('features', ['N', pixels]);
  const weights = normal({ seed: 1, purpose: 'noisy.weights' }, classes * pixels).map((value) => value / 20);
  const logits = gemm(features, constant(float32([classes, pixels], weights)), { transB: true });
  const manifest: EncoderManifest = {
    format: 'parallax.encoder/1',
    paradigm: 'sl',
    architecture: 'noisy',
    inputShape: shape,
    featureDimension: pixels,
    classes,
    parameters: classes * pixels,
    stochastic: true,
    parts: {
      encode: await put(encodeModel(encode), draws.specs),
      classify: await put(encodeModel(createGraph([features], { logits })), []),
    },
  };
  const bundleDigest = await putJson(artifacts, manifest);
  using client = createClient(EncoderServiceService, services.addressOf('encoder-sl'));
  await client.registerEncoder(headerOf(Header.create({ name, paradigm: 1, bundleDigest })));
}

async function* headerOf(value: Header) {
  yield { message: { $case: 'header' as const, value } };
}
