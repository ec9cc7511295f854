import { type NormName, norms } from '@parallax/attacks';
import { CorruptDataError, InputError, parseInput } from '@parallax/config';
import { type ObjectiveKind, objectives } from '@parallax/objectives';
import { z } from 'zod';

const digest = z.string().regex(/^[0-9a-f]{64}$/, 'a sha256 in hexadecimal');
const count = z.number().int().min(0);
const draws = z.number().int().min(1);
const options = z.record(z.string(), z.union([z.number(), z.boolean(), z.string()]));
const kinds = Object.keys(objectives) as [ObjectiveKind, ...ObjectiveKind[]];
const objective = z.looseObject({ kind: z.enum(kinds), direction: z.enum(['away', 'toward']).optional() });

/** What a replay reads of a header. Whatever else stands in it is compared as it is. */
const headerSchema = z.looseObject({
  format: z.literal('parallax.attack-records/2'),
  encoders: z
    .array(
      z.object({
        name: z.string(),
        paradigm: z.enum(['sl', 'cl', 'mim', 'dm']).optional(),
        sha256: digest,
        parts: z.record(z.string(), digest),
        head: z.string(),
        weight: z.number().positive().optional(),
        objective: objective.optional(),
        objectiveHead: digest.optional(),
      }),
    )
    .min(1),
  dataset: z.object({ name: z.string(), sha256: digest, samples: count }),
  attack: z.string(),
  options: options.optional(),
  objective: objective.optional(),
  placement: z.enum(['near', 'far']).optional(),
  stages: z.array(z.looseObject({ attack: z.string(), options, objective })).optional(),
  budget: z.object({ norm: z.enum(Object.keys(norms) as NormName[]), epsilon: z.number() }),
  selection: z.enum(['verdict', 'distance', 'transfer']),
  draws: z.object({ gradient: draws, acceptance: draws, verdict: draws }),
  verdictRule: z.enum(['majority', 'anyDraw']),
  pixelGrid: z.enum(['float32', 'uint8']),
  seed: z.string().regex(/^\d+$/, 'an integer as a text'),
  records: z.object({ count, sha256: digest }),
  adversarialSet: z.object({
    sha256: digest,
    images: z.object({ datatype: z.literal('FP32'), shape: z.array(count), sha256: digest }),
  }),
});

/** The first line of a record, as far as it is needed to replay it. */
export type RecordHeader = z.output<typeof headerSchema>;

/** @throws CorruptDataError naming what is not as `parallax attack` writes it. */
export function parseRecordHeader(header: Readonly<Record<string, unknown>>): RecordHeader {
  try {
    return parseInput(headerSchema, header);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new CorruptDataError(`records: line 1: ${error.message}`, { cause: error });
  }
}
