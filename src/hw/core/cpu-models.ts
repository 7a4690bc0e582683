/** The CPU models of a target, for programs that ask what there is. Source: QEMU's qapi/machine-target.json. */
export interface CpuModels {
  list(): readonly CpuModelInfo[];
  /** What a model is with these properties, as typed behind `-cpu MODEL`; by the names of properties. Undefined: it cannot be told. @throws OptionError */
  readonly expand?: (model: string, properties: Readonly<Record<string, string>>) => Readonly<Record<string, boolean | number>>;
}

export interface CpuModelInfo {
  readonly name: string;
  /** Of the CPUs that it makes; several models may have one. */
  readonly typeName: string;
  /** It is the same in all versions and on all hosts. */
  readonly isStatic?: boolean;
  /** The model that this is only another name of. */
  readonly aliasOf?: string;
}
