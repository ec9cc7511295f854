/**
 * The RPCs that are part of the contracts but that no server implements yet: they answer UNIMPLEMENTED. Every RPC that
 * is not listed here is implemented. Implementing one means deleting its line; the types then insist on a handler.
 */
export const plannedRpcs = [
  'parallax.attack.v1.AttackService/CancelDatasetRun',
  'parallax.attack.v1.AttackService/CreateDatasetRun',
  'parallax.attack.v1.AttackService/GetDatasetRun',
  'parallax.attack.v1.AttackService/ListDatasetRuns',
  'parallax.attack.v1.AttackService/WatchDatasetRun',
] as const;

/** Full name of an RPC that is not implemented yet. */
export type PlannedRpc = (typeof plannedRpcs)[number];
