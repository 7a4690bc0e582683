/** QOM: types registered by name, typed properties, and a composition tree with canonical paths. */
import { OptionError } from '../util/errors.js';
import { didYouMean } from '../util/suggest.js';
import type { Property, PropertyOf, ValuesOf } from './property.js';

/** Any class of objects, abstract or not. */
export type ObjectClass<T extends QObject = QObject> = abstract new (...args: never[]) => T;

/** `T`: the class's instances. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export interface TypeOptions<T = any> {
  description?: string;
  abstract?: boolean;
  /** For `-device help`: bridge, storage, network, input, display, misc, cpu, ... */
  category?: string;
  /** May be created with `-device` / `-object`. */
  userCreatable?: boolean;
  properties?: readonly PropertyOf<T>[];
}

/**
 * A type: what QEMU calls TypeInfo. `ext` carries what a family of types adds (a machine's defaults, ...). `Values`: what code may give its properties, by
 * their names; it is there where the class's `type` has no annotation.
 */
export interface TypeInfo<X = unknown, Values = object> extends TypeOptions {
  readonly name: string;
  readonly parent: TypeInfo | undefined;
  readonly class: ObjectClass;
  readonly ext: X;
  /** For the compiler only; never there. */
  readonly takes?: (values: Values) => void;
}

/** A class that declares `static readonly type`. */
export type TypedClass<T extends QObject = QObject> = ObjectClass<T> & { readonly type: TypeInfo };

/** Declares a type; the class keeps it as `static readonly type`. `parent` is the class that it extends. */
export function defineType<T extends QObject, X = undefined, Inherited = object, Rows extends Property = never>(
  name: string,
  parent: { readonly type: TypeInfo<unknown, Inherited> } | undefined,
  klass: ObjectClass<T>,
  options: TypeOptions<NoInfer<T>> & { readonly properties?: readonly Rows[] } = {},
  ext?: X,
): TypeInfo<X, Inherited & ValuesOf<T, Rows>> {
  return { ...options, name, parent: parent?.type as TypeInfo | undefined, class: klass, ext: ext as X };
}

/** From the type itself to the root. */
export function* ancestry(type: TypeInfo): Generator<TypeInfo> {
  for (let t: TypeInfo | undefined = type; t; t = t.parent) yield t;
}

export function isA(type: TypeInfo, ancestor: TypeInfo | string): boolean {
  for (const t of ancestry(type)) if (t === ancestor || t.name === ancestor) return true;
  return false;
}

/** All properties of a type, inherited ones last; a nearer one hides its namesake. */
export function propertiesOf(type: TypeInfo): Property[] {
  const all = new Map<string, Property>();
  for (const t of ancestry(type)) for (const p of t.properties ?? []) if (!all.has(p.name)) all.set(p.name, p);
  return [...all.values()];
}

export class QObject {
  static readonly type: TypeInfo = defineType('object', undefined, QObject, { abstract: true });

  /** The id that the user gave (`id=`), if any. */
  id: string | undefined;
  #parent: QObject | undefined;
  #name = '';
  readonly #children = new Map<string, QObject>();

  get type(): TypeInfo {
    return (this.constructor as unknown as { type: TypeInfo }).type;
  }
  get typeName(): string {
    return this.type.name;
  }
  get qomParent(): QObject | undefined {
    return this.#parent;
  }
  get qomName(): string {
    return this.#name;
  }
  get qomChildren(): ReadonlyMap<string, QObject> {
    return this.#children;
  }

  /** `/machine/unattached/device[0]`; the root is `/`. Undefined while the object is in no tree. */
  get canonicalPath(): string | undefined {
    if (!this.#parent) return this.isRoot ? '/' : undefined;
    const above = this.#parent.canonicalPath;
    return above === undefined ? undefined : `${above === '/' ? '' : above}/${this.#name}`;
  }

  protected get isRoot(): boolean {
    return false;
  }

  /** Makes `child` part of this object. A name ending in `[*]` gets the first free index. */
  addChild<T extends QObject>(name: string, child: T): T {
    if (child.#parent) throw new Error(`${child.canonicalPath ?? child.typeName} already has a parent`);
    if (name.endsWith('[*]')) {
      const stem = name.slice(0, -3);
      let index = 0;
      while (this.#children.has(`${stem}[${index}]`)) index++;
      name = `${stem}[${index}]`;
    }
    if (this.#children.has(name)) throw new OptionError(`duplicate name '${name}'`, this.canonicalPath ?? this.typeName);
    child.#parent = this;
    child.#name = name;
    this.#children.set(name, child);
    return child;
  }

  /** Takes this object out of the tree. */
  unparent(): void {
    if (this.#parent) this.#parent.#children.delete(this.#name);
    this.#parent = undefined;
    this.#name = '';
  }

  /** Follows a path relative to this object. */
  resolve(path: string): QObject | undefined {
    // eslint-disable-next-line @typescript-eslint/no-this-alias
    let at: QObject | undefined = this;
    for (const part of path.split('/').filter(Boolean)) at = at?.qomChildren.get(part);
    return at;
  }

  findProperty(name: string): Property {
    const found = propertiesOf(this.type).find((p) => p.name === name);
    if (!found) {
      const names = propertiesOf(this.type).map((p) => p.name);
      throw new OptionError(`property '${this.typeName}.${name}' not found${didYouMean(name, names)}`, undefined, describeNames(names));
    }
    return found;
  }

  /** Sets a property from text (`-device foo,name=text`) or from a value of the field's own type. */
  setProperty(name: string, value: unknown): void {
    const property = this.findProperty(name);
    if (!this.mayChange(property)) {
      const who = this.id === undefined ? 'anonymous device' : `device '${this.id}'`;
      throw new OptionError(`Attempt to set property '${name}' on ${who} (type '${this.typeName}') after it was realized`);
    }
    const slot = this as unknown as Record<string, unknown>;
    if (typeof value === 'string') {
      try {
        slot[property.field] = property.parse(value, (kind, id) => this.resolveLink(kind, id));
      } catch (error) {
        throw error instanceof OptionError ? error.at(`${this.id ?? this.typeName}.${name}`, name) : error;
      }
    } else {
      if (!property.accepts(value))
        throw new OptionError(`invalid value '${String(value)}'`, `${this.id ?? this.typeName}.${name}`, property.kind, name);
      slot[property.field] = value;
    }
  }

  getProperty(name: string): unknown {
    return (this as unknown as Record<string, unknown>)[this.findProperty(name).field];
  }

  protected mayChange(_property: Property): boolean {
    return true;
  }

  protected resolveLink(_kind: string, _id: string): unknown {
    return undefined;
  }
}

/** A node of the tree that only holds others. */
export class Container extends QObject {
  static override readonly type: TypeInfo = defineType('container', QObject, Container);
}

const describeNames = (names: string[]): string => (names.length ? `one of ${names.sort().join(', ')}` : 'no properties');

/** The text of `info qom-tree`. */
export function qomTreeText(object: QObject, indent = 0): string {
  const line = `${' '.repeat(indent)}/${object.qomName} (${object.typeName})\n`;
  const children = [...object.qomChildren.values()].sort((a, b) => (a.qomName < b.qomName ? -1 : 1));
  return line + children.map((child) => qomTreeText(child, indent + 2)).join('');
}
