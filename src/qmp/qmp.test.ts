import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { NullChardev, RingBufferChardev, StreamChardev } from '../chardev/chardev.js';
import type { BlockBackend } from '../block/backend.js';
import { BlockError } from '../block/node.js';
import { createNodeHost, type NodeHost } from '../node/host.js';
import { Machine, type MachineOptions } from '../system/facade.js';
import { COMMANDS } from './commands.js';
import { isObject, parseJson, type Json, type JsonObject } from './json.js';
import { QmpServer } from './qmp.js';

let host: NodeHost;
afterEach(() => host.close());

/** A client, and the machine that it speaks with. */
class Client {
  /** What came, in its order. */
  readonly got: JsonObject[] = [];
  readonly chardev: StreamChardev;
  readonly server: QmpServer;

  constructor(
    readonly machine: Machine,
    pretty = false,
  ) {
    let rest = '';
    this.chardev = new StreamChardev('qmp', (bytes) => {
      rest += new TextDecoder().decode(bytes);
      const lines = pretty ? [] : rest.split('\r\n');
      rest = pretty ? rest : lines.pop()!;
      for (const line of lines) this.got.push(parseJson(line) as JsonObject);
    });
    const { control } = machine;
    const [{ cpuModels }] = host.targets;
    this.server = new QmpServer({ control, version: '1.2.3', machines: host.machines, cpuModels }, this.chardev, pretty);
  }
  say(text: string | Uint8Array): void {
    this.chardev.input(typeof text === 'string' ? new TextEncoder().encode(text) : text);
  }
  /** Says it; what came until its answer, which is the last. */
  async ask(request: string | JsonObject): Promise<JsonObject[]> {
    const from = this.got.length;
    this.say(`${typeof request === 'string' ? request : JSON.stringify(request)}\n`);
    const answered = (each: JsonObject): boolean => 'return' in each || 'error' in each;
    await vi.waitFor(() => expect(this.got.slice(from).some(answered)).toBe(true), { interval: 1 });
    return this.got.slice(from, this.got.findIndex((each, at) => at >= from && answered(each)) + 1);
  }
  /** The answer to a command; an error as its text. */
  async run(execute: string, args?: JsonObject): Promise<Json | undefined> {
    const answer = (await this.ask(args ? { execute, arguments: args } : { execute })).at(-1)!;
    return isObject(answer.error) ? `${String(answer.error.class)}: ${String(answer.error.desc)}` : answer.return;
  }
  get events(): (Json | undefined)[] {
    return this.got.filter((each) => 'event' in each).map(({ event }) => event);
  }
}

const LOOP = new Uint8Array(Uint32Array.of(0x0000_006f).buffer); // j .

async function setup(options: MachineOptions = {}, negotiated = true): Promise<Client> {
  host = await createNodeHost({ backend: 'tci' });
  const client = new Client(Machine.create({ machine: 'virt', memory: '16M', bios: LOOP, ...options }, host));
  if (negotiated) expect(await client.run('qmp_capabilities')).toEqual({});
  return client;
}

it('greets, and negotiates first', async () => {
  const client = await setup({}, false);
  expect(client.got).toEqual([{ QMP: { version: { qemu: { major: 10, minor: 0, micro: 0 }, package: 'wemu 1.2.3' }, capabilities: [] } }]);
  const early = "CommandNotFound: Expecting capabilities negotiation with 'qmp_capabilities'";
  expect([await client.run('query-status'), await client.run('nosuch')]).toEqual([early, early]);
  expect(await client.run('qmp_capabilities', { enable: ['oob'] })).toBe('GenericError: Capability oob not available');
  expect(await client.run('qmp_capabilities', { x: 1 })).toBe("GenericError: Parameter 'x' is unexpected");
  client.machine.state.vmStart();
  expect(client.events).toEqual([]);
  expect(await client.run('qmp_capabilities')).toEqual({});
  expect(await client.run('qmp_capabilities')).toBe('CommandNotFound: Capabilities negotiation is already complete, command ignored');
  expect(await client.run('nosuch')).toBe('CommandNotFound: The command nosuch has not been found');
});

it('gives ids back: before an error, after an answer', async () => {
  const client = await setup();
  const [answer] = await client.ask(`{'execute': 'query-status', 'id': {"a": [1, 2.5]}}`);
  expect([Object.keys(answer), answer.id]).toEqual([['return', 'id'], { a: [1, 2.5] }]);
  const [error] = await client.ask({ execute: 'nosuch', id: 7 });
  expect([Object.keys(error), error.id]).toEqual([['id', 'error'], 7]);
});

// as QEMU 10.0 says
it.each([
  ['[]', 'QMP input must be a JSON object'],
  ['5 ', 'QMP input must be a JSON object'],
  ['{}', "QMP input lacks member 'execute'"],
  ['{"execute": 5}', "QMP input member 'execute' must be a string"],
  ['{"execute": "stop", "arguments": []}', "QMP input member 'arguments' must be an object"],
  ['{"execute": "stop", "foo": 1}', "QMP input member 'foo' is unexpected"],
  ['{"exec-oob": "stop"}', "QMP input member 'exec-oob' is unexpected"],
  ['{"execute": "stop",}', 'JSON parse error, expecting value'],
])('refuses %s', async (text, desc) => {
  const client = await setup();
  expect(await client.ask(text)).toEqual([{ error: { class: 'GenericError', desc } }]);
});

it('tells events before the answer', async () => {
  const client = await setup();
  const run = client.machine.run();
  const names = async (execute: string) =>
    (await client.ask({ execute })).map(({ event, data }) => (event === undefined ? 'return' : data ? [event, data] : event));
  await client.ask({ execute: 'cont' });
  expect(await names('stop')).toEqual(['STOP', 'return']);
  expect(await names('stop')).toEqual(['return']);
  expect(await names('cont')).toEqual(['RESUME', 'return']);
  const reset = ['RESET', { guest: false, reason: 'host-qmp-system-reset' }];
  expect(await names('system_reset')).toEqual([reset, 'return']);
  expect(await names('stop')).toEqual(['STOP', 'return']);
  expect(await names('system_reset')).toEqual([reset, 'return']);
  expect(await client.run('query-status')).toEqual({ status: 'prelaunch', running: false });
  expect(await names('system_powerdown')).toEqual(['POWERDOWN', 'return']);
  expect(await names('quit')).toEqual([['SHUTDOWN', { guest: false, reason: 'host-qmp-quit' }], 'return']);
  expect((await run).reason).toBe('host-qmp-quit');
  const [{ timestamp }] = client.got.filter(({ event }) => event === 'STOP');
  const { seconds, microseconds } = timestamp as unknown as { seconds: number; microseconds: number };
  expect(Math.abs(seconds + microseconds / 1e6 - Date.now() / 1000)).toBeLessThan(60);
});

it('does nothing more for a client that is gone', async () => {
  const client = await setup();
  const { control } = client.machine;
  let asked = 0;
  vi.spyOn(control, 'reset').mockImplementation(() => void asked++);
  client.say('{"execute": "system_reset"}'.repeat(20));
  client.chardev.gone();
  await client.server.idle();
  await new Promise(setImmediate);
  expect([asked, client.chardev.queued]).toEqual([1, 0]);
  client.chardev.opened();
  expect(await client.run('qmp_capabilities')).toEqual({});
});

describe('every command', () => {
  /** Arguments with which each that wants some does something. */
  const folder = mkdtempSync(join(tmpdir(), 'wemu-qmp-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'file');
  const job = { 'job-id': 'j', tag: 't', devices: [] };
  const RIGHT: Readonly<Record<string, JsonObject>> = {
    'set-action': { reboot: 'shutdown', watchdog: 'none' },
    'send-key': { keys: [{ type: 'qcode', data: 'ctrl' }, { type: 'number', data: 0xcf }] }, // prettier-ignore
    'input-send-event': { events: [{ type: 'key', data: { key: { type: 'qcode', data: 'a' }, down: true } }] },
    'watchdog-set-action': { action: 'pause' },
    'human-monitor-command': { 'command-line': 'info status', 'cpu-index': 0 },
    'snapshot-save': { ...job, vmstate: '' },
    'snapshot-load': { ...job, vmstate: '' },
    'snapshot-delete': job,
    'replay-break': { icount: 5 },
    'replay-seek': { icount: 5 },
    memsave: { val: 0x8000_0000, size: 16, filename: file, 'cpu-index': 0 },
    pmemsave: { val: 0x8000_0000, size: 16, filename: file },
    'dump-guest-memory': { paging: false, protocol: `file:${file}`, begin: 0x8000_0000, length: 4096, detach: false, format: 'elf' },
    'qom-list': { path: '/machine' },
    'qom-get': { path: '/machine', property: 'aclint' },
    'qom-set': { path: '/machine', property: 'aclint', value: true },
    'qom-list-types': { implements: 'virtio-device', abstract: true },
    'qom-list-properties': { typename: 'virtio-rng-device' },
    'device-list-properties': { typename: 'virtio-rng-device' },
    device_add: { driver: 'virtserialport', id: 'p', bus: 'virtio-serial-bus.0', nr: 3, name: 'x' },
    device_del: { id: 'q' },
    'query-machines': { 'compat-props': false },
    'query-named-block-nodes': { flat: true },
    'ringbuf-read': { device: 'ring', size: 10, format: 'base64' },
    'ringbuf-write': { device: 'ring', data: 'aGk=', format: 'base64' },
    'chardev-send-break': { id: 'ring' },
    'trace-event-get-state': { name: 'virtio_mmio_*' },
    'chardev-add': { id: 'new', backend: { type: 'null', data: {} } },
    'chardev-remove': { id: 'idle' },
    'migrate-set-capabilities': { capabilities: [{ capability: 'events', state: false }] },
    'object-add': { 'qom-type': 'rng-builtin', id: 'rng1' },
    'object-del': { id: 'rng0' },
    'query-blockstats': { 'query-nodes': true },
    'query-command-line-options': { option: 'icount' },
    'query-cpu-model-expansion': { type: 'full', model: { name: 'rv64', props: { zba: false } } },
    'trace-event-set-state': { name: 'virtio_mmio_read', enable: true, 'ignore-unavailable': true },
  };
  /** What cannot be done with a machine like that, and why. */
  const REFUSED: Readonly<Record<string, string>> = {
    qmp_capabilities: 'CommandNotFound: Capabilities negotiation is already complete, command ignored',
    system_wakeup: 'GenericError: wake-up from suspend is not supported by this guest',
    'inject-nmi': 'GenericError: machine does not provide NMIs',
    'send-key': 'GenericError: this machine has no keyboard',
    'input-send-event': 'GenericError: this machine has no keyboard',
    'replay-break': 'GenericError: setting the breakpoint is allowed only in play mode',
    'replay-delete-break': 'GenericError: replay breakpoint is allowed only in play mode',
    'replay-seek': 'GenericError: replay must be enabled to seek',
    'query-balloon': 'DeviceNotActive: No balloon device has been activated',
    'query-hotpluggable-cpus': 'GenericError: machine does not support hot-plugging CPUs',
  };
  const WRONG: Readonly<Record<string, Json>> = { str: 5, int: 'x', bool: 'x', any: null };

  const devices = ['virtio-serial-device', 'virtserialport,id=q'];
  const objects = ['rng-builtin,id=rng0'];
  const rings = () => ['ring', 'idle'].map((id) => ['chardev', id, new RingBufferChardev(id)] as const);
  const drives = [{ id: 'disk', interface: 'none' as const, bytes: new Uint8Array(512) }];
  const machineOptions = () => ({ devices, objects, drives, backends: rings() });

  for (const { name, args, returns } of COMMANDS) {
    if (name === 'quit') continue;
    const members = (args.entity.members ?? []) as unknown as { name: string; type: string; default?: null }[];
    const isJob = /^job-/.test(name);
    const right = RIGHT[name] ?? (isJob ? { id: 'j' } : undefined);

    it(name, async () => {
      const client = await setup(machineOptions());
      client.machine.control.openChardev = ({ id }) => Promise.resolve(new NullChardev(id));
      const required = members.filter((member) => !('default' in member));
      if (isJob) await client.run('snapshot-delete', { ...job });
      for (const { name: member } of required) {
        const { [member]: _, ...rest } = right!;
        expect(await client.run(name, rest)).toBe(`GenericError: Parameter '${member}' is missing`);
      }
      if (name !== 'device_add' && name !== 'qmp_capabilities')
        expect(await client.run(name, { ...right, extra: 1 })).toBe("GenericError: Parameter 'extra' is unexpected");
      for (const { name: member, type } of name === 'qmp_capabilities' ? [] : members) {
        const answer = await client.run(name, { ...right, [member]: type in WRONG ? WRONG[type] : 5 });
        if (type !== 'any') expect(answer).toMatch(new RegExp(`^GenericError: .*[pP]arameter .*'${member}'`));
      }
      expect(await client.run(name, [] as unknown as JsonObject)).toMatch(/'arguments' must be an object/);
      const answer = await client.run(name, right);
      if (name in REFUSED) return expect(answer).toBe(REFUSED[name]);
      if (isJob && name !== 'job-dismiss') return expect(answer).toMatch(/^GenericError: Job 'j' in state 'concluded' cannot accept/);
      expect(returns.read(answer!, 'return')).toEqual(answer); // it is what the schema says
    });
  }

  it('is in the schema, with all that it is made of', async () => {
    const client = await setup();
    const schema = (await client.run('query-qmp-schema')) as unknown as JsonObject[];
    const names = new Set(schema.map(({ name }) => name));
    expect(names.size).toBe(schema.length);
    const used = schema.flatMap((entity) => [
      ...[entity['arg-type'], entity['ret-type'], entity['element-type']],
      ...(((entity.members as unknown as JsonObject[]) ?? []).map(({ type }) => type) as Json[]),
    ]);
    expect(used.filter((name) => name !== undefined && !names.has(name))).toEqual([]);
    const commands = (await client.run('query-commands')) as unknown as JsonObject[];
    expect(schema.filter((each) => each['meta-type'] === 'command')).toHaveLength(commands.length);
    expect(schema.find(({ name }) => name === 'STOP')).toMatchObject({ 'meta-type': 'event' });
  });
});

it('saves memory, dumps it, and tells how far it is', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'wemu-qmp-'));
  const file = join(folder, 'core');
  const client = await setup();
  const answers = await client.ask({ execute: 'dump-guest-memory', arguments: { paging: false, protocol: `file:${file}` } });
  const size = 0xf000 + (16 << 20);
  const result = { status: 'completed', completed: size, total: size };
  expect(answers.map(({ event, data }) => [event, data])).toEqual([
    ['DUMP_COMPLETED', { result }],
    [undefined, undefined],
  ]);
  expect(await client.run('query-dump')).toEqual(result);
  expect(readFileSync(file).subarray(0, 4)).toEqual(Buffer.from('\x7fELF'));
  rmSync(folder, { recursive: true });
});

it('adds ports, and takes them away', async () => {
  const client = await setup({ devices: ['virtio-serial-device,id=vs'] });
  const port = { driver: 'virtserialport', id: 'p1', bus: 'vs.0', nr: 5 };
  // errors name the property
  for (const [more, says] of [
    [{ chardev: 'nosuch' }, "Property 'virtserialport.chardev' can't find value 'nosuch'"],
    [{ nr: 'x' }, "virtserialport.nr: invalid value 'x'"],
    [{ nr: 0 }, 'port number 0 is reserved for virtconsole devices'],
    [{ foo: 1 }, "Property 'virtserialport.foo' not found"],
  ] as const)
    expect((await client.ask({ execute: 'device_add', arguments: { ...port, ...more } })).at(-1)).toMatchObject({ error: { desc: says } });
  expect(await client.run('device_add', port)).toEqual({});
  expect(await client.run('qom-get', { path: '/machine/peripheral/p1', property: 'nr' })).toBe(5);
  expect(await client.run('device_add', port)).toBe("GenericError: Duplicate device ID 'p1'");
  expect(await client.run('device_add', { ...port, id: 'p2' })).toBe('GenericError: virtio-serial-bus: A port already exists at id 5');
  expect(await client.run('device_add', { ...port, id: 'p2', nr: 6, foo: 5 })).toMatch(/property 'virtserialport.foo' not found/i);
  expect((await client.ask({ execute: 'device_del', arguments: { id: 'p1' } })).map(({ event, data }) => [event, data])).toEqual([
    ['DEVICE_DELETED', { device: 'p1', path: '/machine/peripheral/p1' }],
    [undefined, undefined],
  ]);
  expect(await client.run('device_del', { id: 'p1' })).toBe("DeviceNotFound: Device 'p1' not found");
  expect(await client.run('device_del', { id: 'vs' })).toBe("GenericError: Bus 'virtio-mmio-bus.7' does not support hotplugging");
  expect(await client.run('device_del', { id: '/machine' })).toBe('GenericError: /machine is not a device');
  expect(await client.run('device_add', port)).toEqual({});
});

it('adds objects, and takes them away', async () => {
  const client = await setup({
    devices: ['virtio-rng-device,rng=r0'],
    objects: ['rng-builtin,id=r0', 'memory-backend-ram,id=m,size=16M'],
    machine: 'virt,memory-backend=m',
  });
  const add = (type: string, id: string, more: JsonObject = {}) => client.run('object-add', { 'qom-type': type, id, ...more });
  const remove = (id: string) => client.run('object-del', { id });
  expect(await add('secret', 's', { data: 'letmein' })).toEqual({});
  expect(await client.run('qom-get', { path: '/objects/s', property: 'format' })).toBe('raw');
  expect(await add('secret', 's', { data: 'letmein' })).toMatch("attempt to add duplicate property 's' to object (type 'container')");
  expect(await add('secret', 't', { data: '?', format: 'base64' })).toMatch('GenericError: Base64 data contains invalid characters');
  expect(await add('secret', 't', { data: 'x', keyid: 's' })).toMatch('not built yet: encrypted secrets');
  expect(await add('secret', 't')).toBe("GenericError: Either 'file' or 'data' must be provided");
  expect(await add('memory-backend-file', 'f', { 'mem-path': '/tmp/x' })).toBe("GenericError: Parameter 'size' is missing");
  expect(await add('rng-random', 'q', { filename: 5 })).toBe("GenericError: Invalid parameter type for 'filename', expected: string");
  expect(await add('rng-random', 'q', { foo: 5 })).toBe("GenericError: Parameter 'foo' is unexpected");
  expect(await client.run('qom-get', { path: '/objects', property: 'm' })).toBe('/objects/m');
  expect(await client.run('qom-get', { path: '/objects/m', property: 'm[0]' })).toBe('/objects/m/m[0]'); // the RAM is called so
  expect(await remove('r0')).toEqual({}); // the device keeps it
  expect(await remove('m')).toBe("GenericError: object 'm' is in use, can not be deleted");
  expect(await remove('s')).toEqual({});
  expect(await remove('s')).toBe("GenericError: object 's' not found");
});

it('adds character devices, and takes them away', async () => {
  const client = await setup();
  const { control } = client.machine;
  const add = (id: string, type: string, data: JsonObject) => client.run('chardev-add', { id, backend: { type, data } });
  expect(await add('c', 'null', {})).toBe('GenericError: character devices cannot be added here');
  const opened: object[] = [];
  control.openChardev = (options) => (opened.push(options), Promise.resolve(new NullChardev(options.id)));
  const inet = { type: 'inet', data: { host: 'localhost', port: '0' } };
  expect(await add('a', 'socket', { addr: inet })).toEqual({});
  expect(await add('b', 'socket', { addr: { type: 'unix', data: { path: '/tmp/s' } }, server: false, wait: true, reconnect: 3 })).toEqual(
    {},
  );
  expect(await add('c', 'file', { out: 'out', in: 'in', append: true })).toEqual({});
  expect(opened).toMatchObject([
    { id: 'a', backend: 'socket', address: { host: 'localhost', port: 0 }, server: true, wait: false },
    { id: 'b', backend: 'socket', address: { path: '/tmp/s' }, server: false, reconnectMs: 3000 },
    { id: 'c', backend: 'file', path: 'out', inputPath: 'in', append: true },
  ]);
  expect(await add('c', 'null', {})).toBe("GenericError: Chardev with id 'c' already exists");
  expect(await add('d', 'ringbuf', { size: 3 })).toBe(
    "GenericError: Failed to add chardev 'd': size of ringbuf chardev must be power of two",
  );
  expect(await add('d', 'socket', {})).toBe("GenericError: Parameter 'backend.data.addr' is missing");
  expect(await add('d', 'socket', { addr: { type: 'vsock', data: {} } })).toMatch("'type' does not accept value 'vsock'");
  expect(await add('d', 'null', { out: 'x' })).toBe("GenericError: Parameter 'backend.data.out' is unexpected");
  expect(await client.run('chardev-remove', { id: 'c' })).toEqual({});
  expect(await client.run('chardev-remove', { id: 'c' })).toBe("GenericError: Chardev 'c' not found");
  expect(await add('c', 'null', {})).toEqual({});
});

it('counts what a disk is asked', async () => {
  const bytes = new Uint8Array(4096);
  const client = await setup({ drives: [{ id: 'd', interface: 'none', bytes }] });
  const drive = client.machine.state.backends.find('drive', 'd') as BlockBackend;
  await drive.write(1024, new Uint8Array(512));
  await drive.read(0, new Uint8Array(2048));
  await drive.flush();
  vi.spyOn(drive.node, 'read').mockRejectedValueOnce(new BlockError('EIO'));
  await expect(drive.read(0, new Uint8Array(512))).rejects.toThrow();
  const [answer] = (await client.run('query-blockstats')) as unknown as { device: string; stats: JsonObject }[];
  expect(answer).toMatchObject({
    device: 'd',
    stats: {
      ...{ rd_bytes: 2048, rd_operations: 1, failed_rd_operations: 1, wr_bytes: 512, wr_operations: 1, wr_highest_offset: 1536 },
      ...{ flush_operations: 1, unmap_operations: 0, idle_time_ns: expect.any(Number) as number },
    },
  });
  expect(answer.stats.rd_total_time_ns).toBeGreaterThan(0);
});

it('tells of CPU models', async () => {
  const client = await setup();
  const names = ((await client.run('query-cpu-definitions')) as unknown as JsonObject[]).map(({ name, typename }) => [name, typename]);
  expect(names).toContainEqual(['rv64', 'rv64-riscv-cpu']);
  const expand = async (name: string, props?: Json, type = 'full') => {
    const answer = await client.run('query-cpu-model-expansion', { type, model: props === undefined ? { name } : { name, props } });
    return isObject(answer) ? ((answer.model as JsonObject).props as JsonObject) : answer;
  };
  expect(await expand('rv64')).toMatchObject({ zba: true, zicond: false, zvbb: false, rva22u64: false, zic64b: true });
  expect(await expand('rv64', { zba: false, zicond: true })).toMatchObject({ zba: false, zicond: true });
  expect(await expand('rva22s64')).toMatchObject({ rva22s64: true, rva22u64: true, rva23u64: false });
  expect(await expand('rv64', { nosuch: true })).toMatch(/property 'nosuch' not found/i);
  expect(await expand('rv64', { zba: 'x' })).toBe("GenericError: Invalid parameter type for 'model.props.zba', expected: boolean");
  expect(await expand('rv64', [])).toMatch("Invalid parameter type for 'model.props'");
  expect(await expand('pentium')).toMatch("GenericError: The CPU type 'pentium' is not a known RISC-V CPU type");
  expect(await expand('rv64', undefined, 'static')).toBe('GenericError: The requested expansion type is not supported');
});

it('has jobs that fail, and stay until they are dismissed', async () => {
  const client = await setup();
  const save = { 'job-id': 'j', tag: 't', vmstate: 'd0', devices: ['d0'] };
  expect(await client.run('snapshot-save', { ...save, 'job-id': '9j' })).toBe("GenericError: Invalid job ID '9j'");
  expect(await client.run('snapshot-save', save)).toEqual({});
  const status = () => client.got.filter(({ event }) => event === 'JOB_STATUS_CHANGE').map(({ data }) => (data as JsonObject).status);
  await vi.waitFor(() => expect(status()).toEqual(['created', 'running', 'aborting', 'concluded']));
  expect(await client.run('query-jobs')).toEqual([
    {
      ...{ id: 'j', type: 'snapshot-save', status: 'concluded', 'current-progress': 1, 'total-progress': 1 },
      error: "No block device node 'd0'",
    },
  ]);
  expect(await client.run('snapshot-save', save)).toBe("GenericError: Job ID 'j' already in use");
  expect(await client.run('job-cancel', { id: 'j' })).toBe(
    "GenericError: Job 'j' in state 'concluded' cannot accept command verb 'cancel'",
  );
  expect(await client.run('job-dismiss', { id: 'j' })).toEqual({});
  expect(status().at(-1)).toBe('null');
  expect(await client.run('job-dismiss', { id: 'j' })).toBe('GenericError: Job not found');
});

it('speaks for people to read', async () => {
  host = await createNodeHost({ backend: 'tci' });
  const machine = Machine.create({ machine: 'virt', memory: '16M', bios: LOOP }, host);
  let text = '';
  const chardev = new StreamChardev('qmp', (bytes) => (text += new TextDecoder().decode(bytes)));
  new QmpServer({ control: machine.control, version: '1', machines: host.machines }, chardev, true);
  expect(text).toContain('{\n    "QMP": {\n        "version": {\n            "qemu": {');
});

describe('a client', () => {
  it('that does not read holds back its own requests and events only', async () => {
    const client = await setup();
    const other = new Client(client.machine);
    await other.run('qmp_capabilities');
    const before = client.got.length;
    client.chardev.congested(true);
    const flood = '{"execute":"query-status"}\n'.repeat(50_000);
    client.say(flood); // more than a chardev keeps
    for (let i = 0; i < 1500; i++) client.machine.state.events.tell('POWERDOWN', {});
    expect(await other.run('query-status')).toEqual({ status: 'prelaunch', running: false });
    expect(client.got).toHaveLength(before);
    expect(client.chardev.queued).toBeLessThanOrEqual(1 << 20);
    client.chardev.congested(false);
    await vi.waitFor(() => expect(client.events).toHaveLength(1000));
    await vi.waitFor(() => expect(client.chardev.queued).toBe(0), 10_000);
  });

  it('that talks nonsense is told so', async () => {
    const client = await setup();
    let seed = 3;
    const noise = Uint8Array.from({ length: 50_000 }, () => (seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0) >>> 24);
    client.say(noise);
    client.say(Uint8Array.of(0xff, 0x0a));
    await vi.waitFor(() => expect(client.chardev.queued).toBe(0), 10_000);
    await client.server.idle();
    expect(await client.run('query-status')).toEqual({ status: 'prelaunch', running: false });
  });

  it('that goes leaves nothing behind for the next one', async () => {
    const client = await setup();
    client.say('{"execute": "query-');
    client.chardev.closed();
    client.machine.state.events.tell('STOP', {});
    const before = client.got.length;
    client.chardev.opened();
    expect(client.got.slice(before)).toMatchObject([{ QMP: {} }]);
    expect(await client.run('qmp_capabilities')).toEqual({});
  });
});

it('has a part of each turn of the event loop, however much it is asked at once', async () => {
  const client = await setup();
  const count = 300;
  let turns = 0;
  let isOver = false;
  const turn = (): void => void (isOver || (turns++, setImmediate(turn)));
  setImmediate(turn);
  client.say('{"execute": "query-qmp-schema"}'.repeat(count));
  await vi.waitFor(() => expect(client.got).toHaveLength(count + 2), { interval: 1, timeout: 30_000 });
  isOver = true;
  expect(turns).toBeGreaterThan(3);
});

it('reads a ring buffer in pieces', async () => {
  const client = await setup();
  client.machine.control.openChardev = ({ id }) => Promise.resolve(new RingBufferChardev(id, 1 << 20));
  expect(await client.run('chardev-add', { id: 'r', backend: { type: 'ringbuf', data: {} } })).toEqual({});
  await client.run('ringbuf-write', { device: 'r', data: 'x'.repeat(300_000) });
  const read = async (format: string): Promise<number> =>
    String(await client.run('ringbuf-read', { device: 'r', size: 1 << 20, format })).length;
  expect([await read('base64'), await read('utf8')]).toEqual([Math.ceil((1 << 18) / 3) * 4, 300_000 - (1 << 18)]);
});
