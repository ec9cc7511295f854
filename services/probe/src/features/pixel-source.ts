import { NotFoundError, PreconditionError } from '@parallax/config';
import type { Engine } from '@parallax/runtime';
import { ArtifactNotFoundError, type ArtifactStore } from '@parallax/store';
import { batchSize, createTensor, type Tensor } from '@parallax/tensor';
import { HeadRunner } from '../fitting/head-runner.ts';
import type { Batch, Classified, FeatureSource, HeadChoice } from './feature-source.ts';

/** The encoder that does nothing: its features are the pixels, [N, C·H·W]. */
export class PixelSource implements FeatureSource {
  readonly identity = 'raw-pixels';
  readonly standardLearningRate = 0.1;
  private readonly runners = new Map<string, HeadRunner>();

  constructor(
    private readonly engine: Engine,
    private readonly artifacts: ArtifactStore,
  ) {}

  async embed({ images }: Batch): Promise<Tensor<'float32'>> {
    const count = batchSize(images);
    return createTensor('float32', [count, images.data.length / count], images.data);
  }

  async classify(batch: Batch, head: HeadChoice): Promise<Classified> {
    const runner = await this.runnerOf(head);
    return runner.classify(await this.embed(batch));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.runners.values()].map((runner) => runner[Symbol.asyncDispose]()));
  }

  private async runnerOf(head: HeadChoice): Promise<HeadRunner> {
    if (head.kind === 'own') {
      throw new PreconditionError('head: expected the digest of a fitted head, as raw pixels have no own', {
        reason: 'PART_MISSING',
        facts: { part: 'classify', alternative: 'artifact_digest' },
      });
    }
    const known = this.runners.get(head.digest);
    const runner = known ?? new HeadRunner(this.engine, await readHead(this.artifacts, head.digest));
    this.runners.set(head.digest, runner);
    return runner;
  }
}

async function readHead(artifacts: ArtifactStore, digest: string): Promise<Uint8Array> {
  try {
    return await artifacts.get(digest);
  } catch (error) {
    if (!(error instanceof ArtifactNotFoundError)) throw error;
    throw new NotFoundError(`head: expected the digest of a fitted head, got ${digest}`, {
      reason: 'HEAD_NOT_FOUND',
      facts: { head: digest },
    });
  }
}
