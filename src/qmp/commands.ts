/** QMP's commands, as a table, and what tells clients of it (QAPI introspect.json). */
import { BLOCK_COMMANDS } from './block-commands.js';
import { CHARDEV_COMMANDS } from './chardev-commands.js';
import { command, type QmpCommand } from './command.js';
import { CPU_COMMANDS } from './cpu-commands.js';
import { EVENTS } from './events.js';
import { MEMORY_COMMANDS } from './memory-commands.js';
import { OBJECT_COMMANDS } from './object-commands.js';
import { OPTION_COMMANDS } from './option-commands.js';
import { QUERY_COMMANDS } from './query-commands.js';
import { RUN_COMMANDS } from './run-commands.js';
import { any, entitiesOf, enumeration, EMPTY, list, optional, str, struct } from './schema.js';

const QmpCapability = enumeration('QMPCapability', ['oob']);

/** The session serves it itself; this is how it is told of. */
export const NEGOTIATION = 'qmp_capabilities';
export const CAPABILITIES = struct('q_obj_qmp_capabilities-arg', { enable: optional(list(QmpCapability)) });

export const COMMANDS: readonly QmpCommand[] = [
  { name: NEGOTIATION, args: CAPABILITIES, returns: EMPTY, run: () => ({}) },
  ...RUN_COMMANDS,
  ...MEMORY_COMMANDS,
  ...OBJECT_COMMANDS,
  ...CHARDEV_COMMANDS,
  ...BLOCK_COMMANDS,
  ...CPU_COMMANDS,
  ...OPTION_COMMANDS,
  ...QUERY_COMMANDS,
  command('query-commands', {}, list(struct('CommandInfo', { name: str })), () => COMMANDS.map(({ name }) => ({ name }))),
  command('query-qmp-schema', {}, list(any), () => schema()),
];

const schema = () => [
  ...COMMANDS.map(({ name, args, returns }) => ({
    ...{ name, 'meta-type': 'command', 'arg-type': args.name, 'ret-type': returns.name, 'allow-oob': false },
  })),
  ...EVENTS.map(({ name, data }) => ({ name, 'meta-type': 'event', 'arg-type': data.name })),
  ...entitiesOf([...COMMANDS.flatMap(({ args, returns }) => [args, returns]), ...EVENTS.map(({ data }) => data)]),
];
