export { cifar10Classes } from './cifar10.ts';
export { batches, createDataset, type Dataset, toEightBits, toUnit } from './dataset.ts';
export { type DatasetName, formatDatasetName, parseDatasetName } from './dataset-name.ts';
export { assertImageSet, type ImageSet, imageCount, type PixelRule, sliceImageSet } from './image-set.ts';
export { getImageSet, type Provenance, putImageSet } from './image-set-artifact.ts';
export { type DatasetEnvironment, openDataset } from './open-dataset.ts';
export { type ExpectedImages, parseImages } from './parse-images.ts';
export { SampleSetDigest } from './sample-set-digest.ts';
export { dataSearchPaths } from './search-paths.ts';
