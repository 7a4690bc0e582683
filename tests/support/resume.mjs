// Loads a snapshot into a new machine in this process, runs it to its end, and prints what the machine is then. Arguments: the file, the machine's options (JSON), the backend.
import { readFileSync } from 'node:fs';
import { Machine } from '../../dist/src/index.js';
import { machineDigest } from '../../dist/src/migration/snapshot.js';
import { createNodeHost } from '../../dist/src/node/index.js';

const [file, options, backend] = process.argv.slice(2);
const { images, ...rest } = JSON.parse(options);
const bytes = Object.fromEntries(Object.entries(images).map(([name, path]) => [name, readFileSync(path)]));
const host = await createNodeHost({ backend, sync: backend === 'wasm' });
const machine = Machine.create({ ...rest, ...bytes, incoming: true, serial: () => {} }, host);
await machine.load(readFileSync(file));
const { reason } = await machine.run();
process.stdout.write(JSON.stringify({ reason, digest: machineDigest(machine.state), clock: String(machine.state.clocks.virtualNow) }));
host.close();
