// Loads snapshots, each into a new machine of this process, runs it to its end, or to a guest time, and prints what the machines are then, as a list.
// Arguments: the machine's options (JSON; beside them `images`, and `hotThreshold`, the host's), the backend, and for each a file, or FILE@NANOSECONDS.
import { readFileSync } from 'node:fs';
import { Machine } from '../../dist/src/index.js';
import { ClockType } from '../../dist/src/hw/core/clock.js';
import { machineDigest } from '../../dist/src/migration/snapshot.js';
import { createNodeHost } from '../../dist/src/node/index.js';

const [options, backend, ...points] = process.argv.slice(2);
const { images, hotThreshold, ...rest } = JSON.parse(options);
const bytes = Object.fromEntries(Object.entries(images).map(([name, path]) => [name, readFileSync(path)]));
const host = await createNodeHost({ backend, sync: backend === 'wasm', hotThreshold });

async function resumed(point) {
  const [file, until] = point.split('@');
  let console = '';
  const serial = (chunk) => (console += Buffer.from(chunk).toString('latin1'));
  const machine = Machine.create({ ...rest, ...bytes, incoming: true, serial }, host);
  await machine.load(readFileSync(file));
  const timer = machine.state.clocks.timer(ClockType.Virtual, () => {
    machine.state.vmStopRequest('paused');
    machine.loop.leave();
  });
  if (until !== undefined) timer.modNs(BigInt(until));
  const { reason } = await machine.run();
  timer.del();
  const end = { reason, digest: machineDigest(machine.state), clock: String(machine.state.clocks.virtualNow), console };
  await machine.close();
  return end;
}

const ends = [];
for (const point of points) ends.push(await resumed(point));
process.stdout.write(JSON.stringify(ends));
host.close();
