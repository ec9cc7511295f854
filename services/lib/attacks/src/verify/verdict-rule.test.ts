import { float32 } from '@parallax/tensor';
import { describe, expect, it } from 'vitest';
import type { JudgeOptions } from './judgements.ts';
import { countVotes, decide, mostVotes } from './verdict-rule.ts';
import { verify } from './verify.ts';

const isWrong = (prediction: number): boolean => prediction !== 1;

describe('votes', () => {
  it('are won by most of them, ties by the lower class', () => {
    expect(mostVotes(countVotes([4, 2, 4, 1]))).toBe(4);
    expect(mostVotes(countVotes([4, 2, 2, 4]))).toBe(2);
    expect(mostVotes(countVotes([7]))).toBe(7);
    expect(() => mostVotes(countVotes([]))).toThrow('votes: expected at least one, got none');
  });

  it('break a sample by majority, or by any one draw', () => {
    const votes = countVotes([1, 1, 1, 3, 2, 3, 1, 1]);
    expect(decide(votes, 'majority', isWrong)).toBe(1);
    expect(decide(votes, 'anyDraw', isWrong)).toBe(3);
    expect(decide(countVotes([1, 1]), 'anyDraw', isWrong)).toBe(1);
  });
});

describe('the verdict on a stochastic encoder', () => {
  const [clean, stored] = [float32([1, 1, 1, 1], [0.5]), float32([1, 1, 1, 1], [0.52])];
  const outcome = {
    sampleId: 7,
    attacked: true,
    cleanLoss: 0,
    loss: 1,
    brokenBy: 'pgd',
    brokenAtStep: 2,
    forward: 3,
    backward: 2,
    zeroGradient: 0,
    nanGradient: 0,
  };

  async function verdict(verdictRule: 'majority' | 'anyDraw') {
    const asked: JudgeOptions[] = [];
    const [record] = await verify({
      attack: 'pgd',
      budget: { norm: 'linf', epsilon: 8 / 255 },
      verdictRule,
      seed: 3,
      clean,
      stored,
      labels: [1],
      outcomes: [outcome],
      predict: async (_, __, how) => {
        asked.push(how);
        return { classes: [1], votes: [countVotes([...Array<number>(16).fill(1), 0, 0, 2, 0])] };
      },
    });
    return { record, asked };
  }

  it('says how many draws are behind it, and the interval', async () => {
    const { record } = await verdict('majority');
    expect(record).toMatchObject({ robust: true, prediction: 1, verdictVotes: 4, verdictDraws: 20 });
    // Wilson, 95 %: (0.2 + z²/40 ± z·√(0.2·0.8/20 + z²/1600)) / (1 + z²/20).
    expect(record?.verdictLower).toBeCloseTo(0.0807, 4);
    expect(record?.verdictUpper).toBeCloseTo(0.416, 4);
  });

  it('may follow from any one draw, by name', async () => {
    const { record } = await verdict('anyDraw');
    expect(record).toMatchObject({ cleanCorrect: true, robust: false, robustUint8: false, prediction: 0 });
    expect(record?.brokenBy).toBe('pgd');
  });

  it('is asked for with other noise than the attack has seen, and with all draws where they are counted', async () => {
    const { asked } = await verdict('majority');
    expect(asked.map(({ allDraws }) => allDraws)).toEqual([false, true, false]);
    const [first, second, third] = asked.map(({ seed }) => seed);
    expect(first).toBe(3n);
    expect(second).not.toBe(3n);
    expect(third).toBe(second);
  });
});
