/** What a file may cost before it is refused. */
export interface ImportLimits {
  /** Bytes of the model file together with its external data. */
  readonly bytes: number;
  /** Nodes, those of functions counted at every call. */
  readonly nodes: number;
  /** Elements of a constant that is computed while a model is imported, or from constants alone when it is compiled. */
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
  elements: 2 ** 31,
  nesting: 16,
};
