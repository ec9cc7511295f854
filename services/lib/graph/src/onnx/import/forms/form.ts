import type { Value } from '../../../value.ts';
import type { Call, Context } from '../call.ts';

/** Brings one call into our graph: for operators whose result depends on what is known of lengths, or on the batch. */
export type Form = (call: Call, context: Context) => readonly Value[];
export type Forms = Readonly<Record<string, Form>>;
