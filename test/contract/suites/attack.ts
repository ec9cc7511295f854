import { AttackRunSpec, AttackSource } from '@parallax/proto/parallax/attack/v1/attack_run';
import { type AttackRequest, AttackServiceService } from '@parallax/proto/parallax/attack/v1/attack_service';
import { AttackSpec, Placement, Selection } from '@parallax/proto/parallax/attack/v1/attack_spec';
import { Norm } from '@parallax/proto/parallax/common/v1/budget';
import { RunState } from '@parallax/proto/parallax/common/v1/run';
import { describe, expect, test } from 'vitest';
import type { ContractContext } from '../context.ts';
import { assertSucceeded, collect, encoderRef, last, numbers, sampleImages } from '../samples.ts';

const epsilon = 8 / 255;
const attack: AttackSpec = {
  ...AttackSpec.create({ name: 'pgd', budget: { norm: Norm.LINF, epsilon }, selection: Selection.VERDICT }),
  options: numbers({ steps: 3 }),
};
const sources = [{ ...AttackSource.create(), encoder: encoderRef }];
const spec: AttackRunSpec = {
  ...AttackRunSpec.create({ dataset: { name: 'shapes:test:0-16' }, seed: 5n }),
  sources,
  attack,
};

/** Attacks on the caller's images and on datasets, verified. */
export function attackSuite(context: ContractContext): void {
  describe('attack service', () => {
    listTest(context);
    streamTest(context);
    runTests(context);
  });
}

function listTest(context: ContractContext): void {
  test('describes its attacks', async () => {
    using client = context.client(AttackServiceService, 'attack');
    const { attacks } = await client.listAttacks({ pageSize: 0, pageToken: '' });
    const names = attacks.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['fgsm', 'pgd', 'apgd-ce']));
    for (const { options } of attacks) for (const option of options) expect(option.documentation).not.toBe('');
  });
}

function streamTest(context: ContractContext): void {
  test("attacks the caller's own images and verifies the outcome", async () => {
    using client = context.client(AttackServiceService, 'attack');
    async function* requests(): AsyncGenerator<AttackRequest> {
      yield { message: { $case: 'opening', value: { sources, attack, seed: 1n } } };
      for (const n of [3, 2]) {
        const labels = Array.from({ length: n }, (_, index) => index);
        const value = { images: sampleImages(n), labels, sampleIds: [], targets: [], references: undefined };
        yield { message: { $case: 'batch', value } };
      }
    }
    const messages = await collect(client.attack(requests()));
    const batches = messages.flatMap(({ message }) => (message?.$case === 'batch' ? [message.value] : []));
    expect(batches.map(({ records }) => records.length)).toEqual([3, 2]);
    const records = batches.flatMap((batch) => batch.records);
    expect(records.map(({ sample }) => sample)).toEqual([0n, 1n, 2n, 3n, 4n]);
    for (const record of records) expect(record).toMatchObject({ overBudget: false });
    const final = messages.at(-1)?.message;
    expect(final?.$case).toBe('summary');
    if (final?.$case === 'summary') expect(final.value).toMatchObject({ samples: 5, budgetViolations: 0 });
  });
}

function runTests(context: ContractContext): void {
  test('attacks a dataset and keeps the outcome', async () => {
    using client = context.client(AttackServiceService, 'attack');
    const created = await client.createAttackRun({ spec, requestId: 'contract-attack' });
    const id = created.attackRun?.run?.id ?? '';
    const { attackRun } = await last(client.watchAttackRun({ id }));
    assertSucceeded(attackRun?.run);
    expect(attackRun?.result?.adversarialSetDigest).toMatch(/^[0-9a-f]{64}$/);
    expect(attackRun?.result?.summary).toMatchObject({ samples: 16, budgetViolations: 0 });
    expect(attackRun?.result?.summary?.largestNorm).toBeLessThanOrEqual(epsilon * (1 + 1e-5));
    expect(await client.getAttackRun({ id })).toEqual({ attackRun });
    const { attackRuns } = await client.listAttackRuns({ pageSize: 5, pageToken: '', state: RunState.SUCCEEDED });
    expect(attackRuns.map(({ run }) => run?.id)).toContain(id);
  });

  test('finds from afar what it finds next to the weights, also for several encoders', async () => {
    using client = context.client(AttackServiceService, 'attack');
    const found = [];
    const own = { ...AttackSource.create(), encoder: encoderRef };
    for (const change of [
      {},
      { attack: { ...attack, placement: Placement.FAR } },
      // Twice the same, so that the signs of the sum are those of one.
      { sources: [own, own] },
    ]) {
      const { attackRun } = await client.createAttackRun({ spec: { ...spec, ...change }, requestId: '' });
      const done = await last(client.watchAttackRun({ id: attackRun?.run?.id ?? '' }));
      assertSucceeded(done.attackRun?.run);
      const { samples, robust, success, largestNorm } = done.attackRun?.result?.summary ?? {};
      found.push({ samples, robust, success, largestNorm });
    }
    expect(found[0]).toMatchObject({ samples: 16 });
    expect(found[1]).toEqual(found[0]);
    expect(found[2]).toEqual(found[0]);
  });

  test('gives the same bytes whatever the batch size', async () => {
    using client = context.client(AttackServiceService, 'attack');
    const digests = [];
    for (const batchSize of [3, 16]) {
      const { attackRun } = await client.createAttackRun({ spec: { ...spec, batchSize }, requestId: '' });
      const done = await last(client.watchAttackRun({ id: attackRun?.run?.id ?? '' }));
      assertSucceeded(done.attackRun?.run);
      digests.push(done.attackRun?.result?.adversarialSetDigest);
    }
    expect(digests[0]).toBe(digests[1]);
  });

  test('stops a run that is cancelled', async () => {
    using client = context.client(AttackServiceService, 'attack');
    const endless = { ...attack, options: numbers({ steps: 10_000 }), selection: Selection.TRANSFER };
    const { attackRun } = await client.createAttackRun({ spec: { ...spec, attack: endless }, requestId: '' });
    const id = attackRun?.run?.id ?? '';
    await client.cancelAttackRun({ id });
    const done = await last(client.watchAttackRun({ id }));
    expect(done.attackRun?.run?.state).toBe(RunState.CANCELLED);
  });
}
