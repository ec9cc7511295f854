export { confidenceLevel, type Interval, standardScore } from './interval.ts';
export { type Moments, normalInterval, poolMoments } from './moments.ts';
export { type Proportion, poolProportions, proportion } from './proportion.ts';
export { type Ratio, ratio } from './ratio.ts';
