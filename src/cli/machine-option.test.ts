import { expect, it } from 'vitest';
import { parseMachine } from './machine-option.js';

it.each([
  [['virt'], { type: 'virt', text: 'virt' }],
  [['virt', 'aclint=off,type=spike'], { type: 'spike', text: 'spike,aclint=off' }],
  [['accel=tcg', 'virt'], { type: 'virt', text: 'virt', accel: 'tcg' }],
  [['virt,kernel=a,,b,append=x y,dumpdtb=c,,d'], { type: 'virt', text: 'virt,dumpdtb=c,,d', kernel: 'a,b', append: 'x y' }],
  [['aclint=on,acpi=off'], { text: 'aclint=on,acpi=off' }],
  [['accel=tcg'], { accel: 'tcg' }],
  [['virt,smp.cpus=4', 'smp.cores=2,memory.size=64M'], { type: 'virt', text: 'virt', smp: 'cpus=4,cores=2', memory: 'size=64M' }],
  [[], { text: undefined }],
])('-machine %j', (texts, parsed) => expect(parseMachine(texts)).toEqual(parsed));

it.each([
  [['help'], 'machines'],
  [['virt,help'], 'properties'],
  [['virt', '?'], 'machines'],
])('-machine %j asks for help', (texts, help) => expect(parseMachine(texts).help).toBe(help));
