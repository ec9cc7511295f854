import { InputError, NotFoundError, PreconditionError } from '@parallax/config';
import { fixedDim, GraphError, input, type Value } from '@parallax/graph';
import type { TracedEncoder } from '@parallax/objectives';
import { type EncoderManifest, type LoadedEncoder, loadBundle, loadHead } from '@parallax/paradigms';
import { ArtifactNotFoundError, type ArtifactStore } from '@parallax/store';
import { remember } from '../remember.ts';
import { getBundle } from './bundle-artifacts.ts';
import { describeEncoder, type EncoderCard } from './encoder-card.ts';
import type { EncoderRegistry } from './encoder-registry.ts';

/** An encoder that can become part of larger graphs. */
export interface ServedEncoder {
  readonly name: string;
  readonly bundleDigest: string;
  readonly manifest: EncoderManifest;
  readonly traced: TracedEncoder;
}

/** Which head makes logits: the encoder's own, or an artifact. */
export type HeadChoice = { readonly kind: 'own' } | { readonly kind: 'artifact'; readonly digest: string };

/** A head that fits an encoder. */
export interface ServedHead {
  /** `own`, or the digest of the artifact: together with the bundle it tells what a graph was made of. */
  readonly key: string;
  /** Features [N,D] → logits [N,K]. */
  readonly classify: (features: Value) => Value;
  /** K. */
  readonly classes: number;
}

/** Encoders and heads kept decoded; each is as large as its weights. */
const mostEncoders = 16;
const mostHeads = 64;
/** Cards are small. */
const mostCards = 1024;

/** Finds encoders and heads and reads them. */
export class EncoderLibrary {
  private readonly bundle: (digest: string) => Promise<LoadedEncoder>;
  private readonly card: (digest: string) => Promise<EncoderCard>;
  private readonly head: (digest: string) => Promise<(features: Value) => Value>;

  constructor(
    private readonly registry: EncoderRegistry,
    artifacts: ArtifactStore,
  ) {
    this.bundle = remember(mostEncoders, async (digest) => loadBundle(await getBundle(artifacts, digest)));
    this.card = remember(mostCards, async (digest) => describeEncoder(await this.bundle(digest)));
    this.head = remember(mostHeads, async (digest) => loadHead(await getHead(artifacts, digest)));
  }

  /** @throws NotFoundError when no encoder has the name. */
  async open(name: string): Promise<ServedEncoder> {
    const { bundleDigest } = await this.registry.get(name);
    const { manifest, traced } = await this.bundle(bundleDigest);
    return { name, bundleDigest, manifest, traced };
  }

  /** What is known of a bundle, registered or not. @throws as `getBundle`. */
  async describe(digest: string): Promise<{ readonly manifest: EncoderManifest; readonly card: EncoderCard }> {
    return { manifest: (await this.bundle(digest)).manifest, card: await this.card(digest) };
  }

  /**
   * The head chosen, checked against the encoder.
   * @throws PreconditionError when the encoder has no head of its own; NotFoundError when there is no such artifact;
   * InputError when the artifact is no head for these features.
   */
  async openHead(encoder: ServedEncoder, choice: HeadChoice, field = 'head'): Promise<ServedHead> {
    if (choice.kind === 'own') return ownHead(encoder);
    const classify = await this.head(choice.digest).catch((error: unknown) => {
      throw error instanceof GraphError ? notAHead(field, choice.digest, encoder, error) : error;
    });
    try {
      return { key: choice.digest, classify, classes: classesOf(classify, encoder) };
    } catch (error) {
      throw error instanceof GraphError ? notAHead(field, choice.digest, encoder, error) : error;
    }
  }
}

function ownHead(encoder: ServedEncoder): ServedHead {
  const { classify } = encoder.traced;
  if (classify !== undefined) return { key: 'own', classify, classes: classesOf(classify, encoder) };
  const alternative = 'name a head, for example one fitted by a linear probe';
  throw new PreconditionError(`head: encoder ${encoder.name} has none of its own; ${alternative}`, {
    reason: 'PART_MISSING',
    facts: { part: 'classify', alternative },
  });
}

function classesOf(classify: (features: Value) => Value, { manifest }: ServedEncoder): number {
  return fixedDim(classify(input('features', ['N', manifest.featureDimension])).shape, 1);
}

async function getHead(artifacts: ArtifactStore, digest: string): Promise<Uint8Array> {
  try {
    return await artifacts.get(digest);
  } catch (error) {
    if (!(error instanceof ArtifactNotFoundError)) throw error;
    throw new NotFoundError(`head: expected the digest of a head artifact, got ${digest}`, {
      reason: 'HEAD_NOT_FOUND',
      facts: { head: digest },
      cause: error,
    });
  }
}

function notAHead(field: string, digest: string, { manifest }: ServedEncoder, cause: GraphError): InputError {
  const expected = `a head, features [N, ${manifest.featureDimension}] → logits [N, K]`;
  const got = `artifact ${digest}: ${cause.message}`;
  return new InputError([{ field: `${field}.artifact_digest`, expected, got }], { cause });
}
