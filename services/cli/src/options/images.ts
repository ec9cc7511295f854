import { createHash } from 'node:crypto';
import path from 'node:path';
import { InputError } from '@parallax/config';
import { imagesFromNumpy, type NamedFile, putImageSet } from '@parallax/datasets';
import type { ArtifactStore } from '@parallax/store';
import type { Command } from 'commander';
import { z } from 'zod';
import { readNamedFile } from './read-file.ts';

/** Gives a command the options that say which images. */
export function addImageOptions(command: Command): Command {
  return command
    .option('--dataset <name>', 'images, such as cifar10:test:0-200')
    .option('--images <file>', 'instead: images [N,C,H,W] of float in [0,1] or of uint8, .npy or, with labels, .npz')
    .option('--labels <file>', 'their labels [N], .npy');
}

/** The options of {@link addImageOptions}, as typed → checked. */
export const imageFields = {
  dataset: z.string().min(1).optional(),
  images: z.string().min(1).optional(),
  labels: z.string().min(1).optional(),
};

interface ImageOptions {
  readonly dataset?: string | undefined;
  readonly images?: string | undefined;
  readonly labels?: string | undefined;
}

/**
 * The name of the dataset; images of files are put into the store and named by their digest.
 * @throws InputError when there is not exactly one; as `imagesFromNumpy`.
 */
export async function datasetOf({ dataset, images, labels }: ImageOptions, artifacts: ArtifactStore): Promise<string> {
  if (dataset !== undefined && images === undefined && labels === undefined) return dataset;
  if (dataset !== undefined || images === undefined) {
    const got = dataset === undefined ? 'neither' : 'both';
    throw new InputError([{ field: '--dataset', expected: 'the name of a dataset, or --images in its place', got }]);
  }
  const files = [await readNamedFile('--images', images)];
  if (labels !== undefined) files.push(await readNamedFile('--labels', labels));
  const [pixels, classes] = files as [NamedFile, NamedFile?];
  const provenance = { files: files.map(({ name, bytes }) => ({ name: path.basename(name), sha256: sha256(bytes) })) };
  return `artifact:${await putImageSet(artifacts, imagesFromNumpy(pixels, classes), provenance)}`;
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
