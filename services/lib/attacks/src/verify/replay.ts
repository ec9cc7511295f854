import type { SampleOutcome } from '../near/outcome.ts';
import type { SampleRecord } from './record.ts';
import { type VerifyRequest, verify } from './verify.ts';

/** Something that is not as a record says. */
export interface Difference {
  /** Absent where it is not about one sample. */
  readonly sample?: number;
  readonly field: string;
  /** As recorded. */
  readonly expected: string;
  /** As found. */
  readonly got: string;
}

/** What is replayed: as at verification, with the records in place of what the attack said. */
export interface ReplayRequest extends Omit<VerifyRequest, 'outcomes'> {
  readonly sampleIds: readonly number[];
  /** One for each image, in the same order. */
  readonly records: readonly SampleRecord[];
}

/**
 * Makes the records of stored images once more and compares them field by field. What only the attack can know (its
 * losses, steps and passes) is taken over as recorded: those are compared by running the attack again.
 */
export async function replay({ records, sampleIds, ...request }: ReplayRequest): Promise<readonly Difference[]> {
  const outcomes = records.map((record, row) => outcomeOf(record, sampleIds[row] ?? -1));
  const found = await verify({ ...request, outcomes });
  return found.flatMap((record, row) => differencesOf(records[row] as SampleRecord, record));
}

/** The fields in which two records of one sample differ. */
export function differencesOf(recorded: SampleRecord, found: SampleRecord): readonly Difference[] {
  const [before, after] = [fieldsOf(recorded), fieldsOf(found)];
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((field) => {
    const [expected = 'nothing', got = 'nothing'] = [before.get(field), after.get(field)];
    return expected === got ? [] : [{ sample: recorded.sample, field, expected, got }];
  });
}

/** Every field as a text that tells all its values apart but 0 and -0, which JSON does not. */
function fieldsOf(record: SampleRecord): ReadonlyMap<string, string> {
  const { heads = [], ...rest } = record;
  const ofHeads = heads.flatMap((head, index) =>
    Object.entries(head).map(([field, value]) => [`heads[${index}].${field}`, value] as const),
  );
  const entries = [...Object.entries(rest), ...ofHeads];
  return new Map(entries.map(([field, value]) => [field, value === '' ? '""' : String(value)]));
}

function outcomeOf(record: SampleRecord, sampleId: number): SampleOutcome {
  const { loss, brokenBy, brokenAtStep, forward, backward, zeroGradient, nanGradient } = record;
  const counts = { forward, backward, zeroGradient, nanGradient };
  const step = brokenAtStep === undefined ? {} : { brokenAtStep };
  return { sampleId, attacked: true, cleanLoss: Number.NaN, loss, brokenBy, ...step, ...counts };
}
