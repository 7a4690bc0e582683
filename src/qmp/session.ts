/**
 * One client of QMP, as bytes in and text out: greeting, negotiation, commands in their order, events. Source: QEMU docs/interop/qmp-spec.rst; the
 * messages are QEMU's.
 */
import type { MachineEvent } from '../hw/core/events.js';
import { ControlError, NotFoundError } from '../system/control.js';
import { errorMessage, isUserError } from '../util/errors.js';
import { CAPABILITIES, COMMANDS, NEGOTIATION } from './commands.js';
import type { QmpCommand, QmpContext } from './command.js';
import { eventJson } from './events.js';
import { formatJson, isObject, JsonError, JsonStream, type Json, type JsonObject } from './json.js';
import { QmpError } from './schema.js';
import { versionInfo } from './version.js';
import { traceEvents } from '../util/trace.js';
import { Turn } from '../util/turn.js';

const TRACE = traceEvents({
  handle_qmp_command: (request: string) => `req: ${request}`,
  monitor_qmp_respond: (answer: string) => `resp: ${answer}`,
});

/** Requests that wait; what comes after them waits at the client. */
const REQUEST_LIMIT = 8;
/** Events that wait for a client that does not read. */
const EVENT_LIMIT = 1000;

export interface QmpClient {
  /** A line for the client. */
  send(text: string): void;
  /** False: it does not read what it was sent. */
  readonly writable: boolean;
  /** There is room for more requests. */
  accept(): void;
}

export class QmpSession {
  private readonly stream = new JsonStream((value) => this.enqueue(value));
  private readonly requests: (Json | JsonError)[] = [];
  private events: string[] = [];
  private lost = 0;
  private isNegotiated = false;
  private isOver = false;
  private working: Promise<void> | undefined;
  private readonly turn = new Turn(() => this.client.accept());

  constructor(
    private readonly context: QmpContext,
    private readonly client: QmpClient,
    private readonly pretty = false,
  ) {}

  greet(): void {
    this.send({ QMP: { version: versionInfo(this.context.version), capabilities: [] } });
  }

  /** No more than this may come, in bytes. */
  get room(): number {
    return this.requests.length < REQUEST_LIMIT && this.client.writable && this.turn.hasTime() ? 4096 : 0;
  }
  receive(bytes: Uint8Array): void {
    this.stream.feed(bytes);
  }

  /** The client is gone: nobody waits for answers, and what it has asked for and was not begun is not done. */
  end(): void {
    this.isOver = true;
    this.requests.length = 0;
    this.events = [];
  }
  /** Requests wait for their answers. */
  get isBusy(): boolean {
    return this.working !== undefined;
  }
  /** Resolves when every request has its answer. */
  async idle(): Promise<void> {
    await this.working;
  }

  event(event: MachineEvent): void {
    if (!this.isNegotiated) return;
    const text = this.text(eventJson(event));
    if (this.client.writable) this.client.send(text);
    else if (this.events.length < EVENT_LIMIT) this.events.push(text);
    else this.lost++;
  }
  /** The client reads again. Tells how many events it has missed. */
  writable(): number {
    const { lost } = this;
    this.lost = 0;
    for (const text of this.events.splice(0)) this.client.send(text);
    return lost;
  }

  private enqueue(value: Json | JsonError): void {
    if (this.isOver) return;
    this.requests.push(value);
    this.working ??= this.work().finally(() => {
      this.working = undefined;
      this.client.accept();
    });
  }

  private async work(): Promise<void> {
    for (let next = this.requests.shift(); next !== undefined; next = this.requests.shift()) {
      if (!this.turn.hasTime()) await this.turn.next();
      const answer = await this.answer(next);
      if (this.isOver) return;
      this.send(answer);
      this.client.accept();
    }
  }

  private async answer(request: Json | JsonError): Promise<JsonObject> {
    const id = isObject(request as Json) ? (request as JsonObject).id : undefined;
    try {
      if (request instanceof JsonError) throw request;
      const { log } = this.context.control.machine;
      if (log.traces) log.trace(TRACE.handle_qmp_command, formatJson(request));
      return { return: (await this.execute(request)) as Json, id };
    } catch (error) {
      return { id, error: this.describe(error) };
    }
  }

  private execute(request: Json): unknown {
    const { name, args } = readRequest(request);
    if (name === NEGOTIATION) return this.negotiate(args);
    const row = COMMANDS.find((each) => each.name === name);
    if (!this.isNegotiated) throw new QmpError(NOT_NEGOTIATED, 'CommandNotFound');
    if (!row) throw notFound(name);
    return runRow(row, this.context, args);
  }

  private negotiate(args: JsonObject): unknown {
    if (this.isNegotiated) throw new QmpError('Capabilities negotiation is already complete, command ignored', 'CommandNotFound');
    const { enable = [] } = CAPABILITIES.read(args, '');
    if (enable.length > 0) throw new QmpError(`Capability ${enable[0]} not available`);
    this.isNegotiated = true;
    return {};
  }

  private describe(error: unknown): JsonObject {
    if (error instanceof QmpError) return { class: error.errorClass, desc: error.message };
    if (!(error instanceof JsonError || error instanceof ControlError || isUserError(error)))
      this.context.control.tellFailure('QMP command', error);
    return { class: error instanceof NotFoundError ? 'DeviceNotFound' : 'GenericError', desc: errorMessage(error) };
  }

  private send(value: JsonObject): void {
    const { log } = this.context.control.machine;
    if (log.traces) log.trace(TRACE.monitor_qmp_respond, formatJson(value));
    if (!this.isOver) this.client.send(this.text(value));
  }
  private text(value: JsonObject): string {
    return `${formatJson(value, this.pretty)}\r\n`;
  }
}

const NOT_NEGOTIATED = "Expecting capabilities negotiation with 'qmp_capabilities'";
const notFound = (name: string): QmpError => new QmpError(`The command ${name} has not been found`, 'CommandNotFound');

const runRow = (row: QmpCommand, context: QmpContext, args: JsonObject): unknown => row.run(context, row.args.read(args, ''));

/** The command of a request, and its arguments. @throws QmpError */
function readRequest(request: Json): { name: string; args: JsonObject } {
  if (!isObject(request)) throw new QmpError('QMP input must be a JSON object');
  let name: string | undefined;
  let args: JsonObject = {};
  for (const [key, value] of Object.entries(request)) {
    if (key === 'execute') {
      if (typeof value !== 'string') throw new QmpError("QMP input member 'execute' must be a string");
      name = value;
    } else if (key === 'arguments') {
      if (!isObject(value)) throw new QmpError("QMP input member 'arguments' must be an object");
      args = value;
    } else if (key !== 'id') {
      throw new QmpError(`QMP input member '${key}' is unexpected`);
    }
  }
  if (name === undefined) throw new QmpError("QMP input lacks member 'execute'");
  return { name, args };
}
