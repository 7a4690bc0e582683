import { describe, expect, it } from 'vitest';
import { OptionError } from '../util/errors.js';
import { Container, QObject, defineType, isA, propertiesOf, qomTreeText, type TypeInfo } from './object.js';
import * as prop from './property.js';
import { TypeRegistry } from './registry.js';

abstract class Shape extends QObject {
  static override readonly type: TypeInfo = defineType('shape', QObject, Shape, {
    abstract: true,
    properties: [prop.uint32('line-width')],
  });
  lineWidth = 1;
}
class Circle extends Shape {
  static override readonly type: TypeInfo = defineType('circle', Shape, Circle, {
    description: 'round',
    properties: [prop.size('area'), prop.int32('x'), prop.uint64('big'), prop.bool('filled', { field: 'solid' }), prop.string('label')],
  });
  area = 0;
  x = 0;
  big = 0n;
  solid = false;
  label: string | undefined;
}
class Square extends Shape {
  static override readonly type: TypeInfo = defineType('square', Shape, Square);
}

describe('types', () => {
  it('know their ancestors and all of their properties', () => {
    expect(isA(Circle.type, 'shape')).toBe(true);
    expect(isA(Circle.type, Square.type)).toBe(false);
    expect(propertiesOf(Circle.type).map((p) => p.name)).toEqual(['area', 'x', 'big', 'filled', 'label', 'line-width']);
  });

  it('are found in a registry by name and base', () => {
    const types = new TypeRegistry([Shape, Circle, Square]);
    expect(types.get('circle', Shape.type)).toBe(Circle.type);
    expect(types.list(Shape.type).map((t) => t.name)).toEqual(['circle', 'square']);
    expect(() => types.get('shape', Shape.type)).toThrow(/abstract/);
    expect(() => types.get('oval', Shape.type, '-object oval')).toThrow(/-object oval: 'oval' is not a valid shape/);
    class Impostor extends Shape {
      static override readonly type: TypeInfo = defineType('circle', Shape, Impostor);
    }
    expect(() => new TypeRegistry([Circle, Impostor])).toThrow(/two types are named 'circle'/);
    class Heir extends Circle {}
    expect(() => new TypeRegistry([Heir])).toThrow("class Heir has the type 'circle', which makes a Circle");
    class Mistaken extends Shape {
      static override readonly type: TypeInfo = defineType('mistaken', Shape, Square);
    }
    expect(() => new TypeRegistry([Mistaken])).toThrow("class Mistaken has the type 'mistaken', which makes a Square");
  });
});

describe('properties', () => {
  it.each([
    ['area', '1.5K', 1536],
    ['x', '-0x10', -16],
    ['x', '010', 8],
    ['big', '0xffffffffffffffff', 0xffff_ffff_ffff_ffffn],
    ['big', '-1', 0xffff_ffff_ffff_ffffn],
    ['big', ' -0x10', 0xffff_ffff_ffff_fff0n],
    ['big', '-18446744073709551615', 1n],
    ['line-width', '-18446744073709551615', 1],
    ['filled', 'on', true],
    ['label', 'a, b', 'a, b'],
    ['line-width', '7', 7],
  ])('%s takes %s', (name, text, value) => {
    const circle = new Circle();
    circle.setProperty(name, text);
    expect(circle.getProperty(name)).toBe(value);
  });

  it.each([
    ['area', '12Q'],
    ['area', '0.3'],
    ['x', '2147483648'],
    ['x', '08'],
    ['x', ''],
    ['big', '0x10000000000000000'],
    ['big', '-18446744073709551616'],
    ['big', '- 1'],
    ['filled', 'maybe'],
    ['line-width', '-1'],
    ['nothing', '1'],
  ])('%s refuses %s', (name, text) => {
    expect(() => new Circle().setProperty(name, text)).toThrow(OptionError);
  });

  it('check values given by code', () => {
    expect(() => new Circle().setProperty('x', 1.5)).toThrow(OptionError);
    expect(() => new Circle().setProperty('big', 1)).toThrow(OptionError);
  });
});

it('the composition tree has paths, indexes and a text', () => {
  class Root extends Container {
    static override readonly type: TypeInfo = defineType('root', Container, Root);
    protected override get isRoot(): boolean {
      return true;
    }
  }
  const root = new Root();
  const machine = root.addChild('machine', new Container());
  machine.addChild('device[*]', new Circle());
  const second = machine.addChild('device[*]', new Square());
  expect(second.canonicalPath).toBe('/machine/device[1]');
  expect(root.resolve('/machine/device[1]')).toBe(second);
  expect(() => machine.addChild('device[1]', new Square())).toThrow(/duplicate name/);
  expect(() => machine.addChild('x', second)).toThrow(/already has a parent/);
  expect(qomTreeText(machine)).toBe('/machine (container)\n  /device[0] (circle)\n  /device[1] (square)\n');
  second.unparent();
  expect(second.canonicalPath).toBeUndefined();
  expect(machine.addChild('device[*]', second).qomName).toBe('device[1]');
});
