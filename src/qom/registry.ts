import { OptionError } from '../util/errors.js';
import { ancestry, isA, type TypedClass, type TypeInfo } from './object.js';

/** The types that a machine may be built from: made once from lists of classes, never changed after. */
export class TypeRegistry {
  private readonly types = new Map<string, TypeInfo>();

  constructor(...lists: readonly (readonly TypedClass[])[]) {
    for (const klass of lists.flat()) {
      const { type } = klass;
      if (type.class !== klass) throw new Error(`class ${klass.name} has the type '${type.name}', which makes a ${type.class.name}`);
      const other = this.types.get(type.name);
      if (other && other !== type) throw new Error(`two types are named '${type.name}'`);
      this.types.set(type.name, type);
    }
  }

  find(name: string): TypeInfo | undefined {
    return this.types.get(name);
  }

  /** The concrete type `name` that is a `base`; OptionError otherwise. */
  get(name: string, base: TypeInfo, where?: string): TypeInfo {
    const type = this.types.get(name);
    if (!type || !isA(type, base)) throw new OptionError(`'${name}' is not a valid ${base.name} model name`, where, "'help' lists them");
    if (type.abstract) throw new OptionError(`type '${name}' is abstract`, where);
    return type;
  }

  /** All of them, and what they are made of, by name. */
  all(): TypeInfo[] {
    const found = new Set([...this.types.values()].flatMap((type) => [...ancestry(type)]));
    return [...found].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Types that are a `base`, by name. */
  list(base: TypeInfo, includeAbstract = false): TypeInfo[] {
    return [...this.types.values()]
      .filter((t) => isA(t, base) && (includeAbstract || !t.abstract))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }
}
