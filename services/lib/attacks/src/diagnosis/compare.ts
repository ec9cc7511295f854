import type { SampleRecord } from '../verify/record.ts';
import { successDefinitions } from '../verify/success.ts';
import { mostBlackBox } from './diagnose.ts';
import type { ComparingCheck, Diagnostic } from './diagnostic.ts';

/** What an attack and another have left of the same samples. */
export interface Compared {
  readonly attack: readonly SampleRecord[];
  /** Of the survivors of the attack only, where the comparison is about these. */
  readonly other: readonly SampleRecord[];
  /** Of the head that judges. */
  readonly classes: number;
}

/** Samples that more steps may lose by chance, as a share: schedules that depend on the number of steps take other paths. */
const mostLost = 0.02;

/** What each comparison says. */
export const comparisons: { readonly [C in ComparingCheck]: (compared: Compared) => Diagnostic } = {
  'black-box-not-stronger': ({ attack, other }) => {
    const right = attack.filter(({ cleanCorrect }) => cleanCorrect).length;
    const broken = new Set(attack.filter(isBroken).map(({ sample }) => sample));
    const only = other.filter((record) => isBroken(record) && !broken.has(record.sample)).length;
    const value = share(only, right);
    return {
      name: 'black-box-not-stronger',
      passed: value <= mostBlackBox,
      value,
      threshold: mostBlackBox,
      samples: attack.length,
      detail:
        'Share of the samples judged right clean that an attack without gradients breaks and this one does not, which points to masked gradients, or to a weak attack.',
    };
  },
  'random-noise-baseline': ({ attack, other }) => {
    const [value, threshold] = [brokenShare(other), brokenShare(attack)];
    return {
      name: 'random-noise-baseline',
      passed: value < threshold || value === 0,
      value,
      threshold,
      samples: attack.length,
      detail:
        'Share of the samples judged right clean that random noise of the same size breaks; the attack has to break more (the bound).',
    };
  },
  'unbounded-reaches-chance': ({ other, classes }) => {
    // Of the right ones, as an encoder that is seldom right is at chance without any attack.
    const right = other.filter(({ cleanCorrect }) => cleanCorrect);
    const value = share(right.filter(({ robust }) => robust).length, right.length);
    return {
      name: 'unbounded-reaches-chance',
      passed: value <= 1 / classes,
      value,
      threshold: 1 / classes,
      samples: other.length,
      detail:
        'Share of the samples judged right clean that are left where the whole box is allowed; an attack that cannot reach chance there does not optimise what it should.',
    };
  },
  'more-steps-not-weaker': ({ attack, other }) => {
    const [value, threshold] = [brokenShare(other), Math.max(0, brokenShare(attack) - mostLost)];
    return {
      name: 'more-steps-not-weaker',
      passed: value >= threshold,
      value,
      threshold,
      samples: attack.length,
      detail:
        'Share of the samples judged right clean that the attack breaks with twice the steps (restarts, where it has no steps); it should be no less than without (the bound, with 2 % for chance).',
    };
  },
};

/** Has been turned into its target; without one, into anything else. */
function isBroken(record: SampleRecord): boolean {
  return record.target === undefined ? successDefinitions.broken(record) : successDefinitions.targeted(record);
}

function brokenShare(records: readonly SampleRecord[]): number {
  const right = records.filter(({ cleanCorrect }) => cleanCorrect);
  return share(right.filter(isBroken).length, right.length);
}

function share(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}
