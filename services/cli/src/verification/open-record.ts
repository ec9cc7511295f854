import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { type Difference, decodeRecords, digestRecords, type SampleRecord } from '@parallax/attacks';
import { InputError } from '@parallax/config';
import { getImageSet, type ImageSet } from '@parallax/datasets';
import type { ArtifactStore } from '@parallax/store';
import { toBytes } from '@parallax/tensor';
import { differentEntries } from './differences.ts';
import { parseRecordHeader, type RecordHeader } from './record-header.ts';

/** A record as it was read. */
export interface OpenedRecord {
  readonly header: RecordHeader;
  readonly records: readonly SampleRecord[];
}

/** @throws InputError when the file cannot be read; CorruptDataError when it is no record, or cut off. */
export async function openRecord(file: string): Promise<OpenedRecord> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new InputError([{ field: 'record', expected: 'a file that can be read', got: file }], { cause });
  });
  const { header, records } = decodeRecords(text);
  return { header: parseRecordHeader(header), records };
}

/** The images that a record is about, and where they are not those that it was written with. */
export interface StoredImages {
  readonly set: ImageSet;
  readonly differences: readonly Difference[];
}

/**
 * Fetches the stored images, and holds the record against what the set says of its making.
 * @throws ArtifactNotFoundError; ArtifactCorruptError when a byte of them has changed.
 */
export async function openStoredImages(
  { header, records }: OpenedRecord,
  artifacts: ArtifactStore,
): Promise<StoredImages> {
  const { adversarialSet, ...told } = header;
  const { set, provenance } = await getImageSet(artifacts, adversarialSet.sha256, 'any');
  const images = {
    datatype: set.images.dtype === 'float32' ? 'FP32' : 'UINT8',
    shape: set.images.dims,
    sha256: createHash('sha256').update(toBytes(set.images)).digest('hex'),
  };
  const lines = { count: records.length, sha256: digestRecords(records) };
  return {
    set,
    differences: [
      ...differentEntries('header.', told, provenance),
      ...differentEntries('header.adversarialSet.images.', adversarialSet.images, images),
      ...differentEntries('records.', header.records, lines),
    ],
  };
}
