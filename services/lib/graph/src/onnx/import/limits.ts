/** What a file may cost before it is refused. */
export interface ImportLimits {
  /** Bytes of the model file together with its external data. */
  readonly bytes: number;
  /** Nodes, those of functions counted at every call. */
  readonly nodes: number;
  /** Elements of a value that is computed from constants alone; all such values may have 16 times as many. */
  readonly constantElements: number;
  /** Elements of any other tensor, for one sample. */
  readonly elements: number;
  /** Functions within functions and branches within branches. */
  readonly nesting: number;
}

export const ordinaryLimits: ImportLimits = {
  bytes: 2 ** 31,
  nodes: 100_000,
  constantElements: 2 ** 24,
  elements: 2 ** 28,
  nesting: 16,
};
