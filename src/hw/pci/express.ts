/**
 * What says that a function is one of PCI Express, and how its link and slot are. Source: PCI Express Base Specification 3.0, sections 7.8 (the capability), 7.10 (errors),
 * 7.16 (access control); PCI Bus Power Management Interface 1.2, section 3.2. Values are those of QEMU's devices. No link here makes errors, and none is slow.
 */
import { CONFIG_SIZE, CAPABILITY, EXPRESS_CAPABILITY } from './regs.js';
import { touches, type ConfigSpace } from './config-space.js';

const SIZE = 0x3c;
const FLAGS_VERSION = 2;
const PORT_TYPE = { ENDPOINT: 0x0, ROOT_PORT: 0x4 } as const;

// Offsets
const FLAGS = 0x02;
const DEVICE_CAP = 0x04;
const DEVICE_CONTROL = 0x08;
const DEVICE_STATUS = 0x0a;
const LINK_CAP = 0x0c;
const LINK_CONTROL = 0x10;
const LINK_STATUS = 0x12;
const SLOT_CAP = 0x14;
const SLOT_CONTROL = 0x18;
const SLOT_STATUS = 0x1a;
const ROOT_CONTROL = 0x1c;
const ROOT_STATUS = 0x20;
const DEVICE_CAP_2 = 0x24;
const DEVICE_CONTROL_2 = 0x28;
const LINK_CAP_2 = 0x2c;
const LINK_CONTROL_2 = 0x30;

const SLOT_IMPLEMENTED = 0x100;
const ROLE_BASED_ERRORS = 0x8000;
const EXTENDED_TAG = 0x20;
const FUNCTION_RESET = 0x1000_0000;
/** Bit 15 of DEVICE_CONTROL; reads as 0. */
const INITIATE_RESET = 0x80;
const ERROR_REPORTS = 0xf;
/** 2.5 GT/s and one lane, as an endpoint has it; 16 GT/s and 32 lanes of a port; ASPM L0s. */
const NARROW_LINK = 0x411;
const WIDE_LINK = 0x604;
const [COMMON_CLOCK, EXTENDED_SYNC] = [0x40, 0x80];
/** It tells when the link is there, and how wide. */
const LINK_TELLS = 0x30_0000;
const [NARROW_STATUS, WIDE_STATUS, LINK_ACTIVE] = [0x0011, 0x0204, 0x2000];
/** All speeds up to 16 GT/s, and that as the target. */
const [SPEEDS, TARGET_SPEED] = [0x1e, 0x4];
/** A button, a power controller and two lamps; commands are over at once (NO_COMMAND_COMPLETED). Nothing is plugged in while the machine runs. */
const SLOT_PARTS = 0x2_001b;
const SLOT_CONTROL_WRITABLE = 0x07f9;
const [SLOT_LAMPS_OFF, SLOT_POWER_OFF] = [0x03c0, 0x0400];
const [SLOT_EVENTS, SLOT_PRESENT] = [0x1f, 0x40];
const ROOT_CONTROL_WRITABLE = 0x7;
const ROOT_PME = 0x1_0000;
/** Ten bits of tag; for what goes on to another bus. */
const [END_PREFIXES, ARI_FORWARDING] = [0x30_0000, 0x20];
const [ARI_WRITABLE, PREFIX_BLOCKING] = [0x20, 0x8000];

/** Of a device behind a port. */
export class ExpressEndpoint {
  private readonly at: number;

  constructor(private readonly config: ConfigSpace) {
    const at = (this.at = config.addCapability(CAPABILITY.EXPRESS, SIZE));
    config.set(at + FLAGS, 2, FLAGS_VERSION | (PORT_TYPE.ENDPOINT << 4));
    config.set(at + DEVICE_CAP, 4, FUNCTION_RESET | ROLE_BASED_ERRORS | EXTENDED_TAG);
    config.define(at + DEVICE_CONTROL, 2, 0, ERROR_REPORTS);
    config.define(at + DEVICE_STATUS, 2, 0, 0, ERROR_REPORTS);
    config.set(at + LINK_CAP, 4, NARROW_LINK);
    config.define(at + LINK_CONTROL, 2, 0, COMMON_CLOCK | EXTENDED_SYNC);
    config.set(at + LINK_STATUS, 2, NARROW_STATUS);
    config.set(at + DEVICE_CAP_2, 4, END_PREFIXES);
    config.define(at + DEVICE_CONTROL_2, 2, 0, PREFIX_BLOCKING);
  }

  /** Software asks that the function be as after a reset (6.6.2). */
  asksForReset(at: number, value: number, size: number): boolean {
    const control = this.at + DEVICE_CONTROL + 1;
    return touches(at, size, control, 1) && ((value >>> (8 * (control - at))) & INITIATE_RESET) !== 0;
  }
  reset(): void {
    for (const field of [DEVICE_CONTROL, DEVICE_STATUS, LINK_CONTROL, DEVICE_CONTROL_2]) this.config.clear(this.at + field, 2);
  }
}

/** Of a port of the root complex, with a slot behind it. */
export class ExpressRootPort {
  private readonly at: number;

  constructor(
    private readonly config: ConfigSpace,
    { port, slot }: { readonly port: number; readonly slot: number },
  ) {
    const at = (this.at = config.addCapability(CAPABILITY.EXPRESS, SIZE));
    config.set(at + FLAGS, 2, FLAGS_VERSION | (PORT_TYPE.ROOT_PORT << 4) | SLOT_IMPLEMENTED);
    config.set(at + DEVICE_CAP, 4, ROLE_BASED_ERRORS | EXTENDED_TAG);
    config.define(at + DEVICE_CONTROL, 2, 0, ERROR_REPORTS);
    config.define(at + DEVICE_STATUS, 2, 0, 0, ERROR_REPORTS);
    config.set(at + LINK_CAP, 4, WIDE_LINK | LINK_TELLS | (port << 24));
    config.set(at + LINK_STATUS, 2, WIDE_STATUS);
    config.set(at + SLOT_CAP, 4, SLOT_PARTS | (slot << 19));
    config.define(at + SLOT_CONTROL, 2, 0, SLOT_CONTROL_WRITABLE);
    config.define(at + SLOT_STATUS, 2, 0, 0, SLOT_EVENTS);
    config.define(at + ROOT_CONTROL, 2, 0, ROOT_CONTROL_WRITABLE);
    config.define(at + ROOT_STATUS, 4, 0, 0, ROOT_PME);
    config.set(at + DEVICE_CAP_2, 4, END_PREFIXES | ARI_FORWARDING);
    config.define(at + DEVICE_CONTROL_2, 2, 0, ARI_WRITABLE | PREFIX_BLOCKING);
    config.set(at + LINK_CAP_2, 4, SPEEDS);
    config.set(at + LINK_CONTROL_2, 2, TARGET_SPEED);
  }

  /** `isTaken`: there is something in the slot. */
  reset(isTaken: boolean): void {
    const { at, config } = this;
    for (const [field, width] of [[DEVICE_CONTROL, 4], [SLOT_STATUS, 2], [ROOT_CONTROL, 2], [ROOT_STATUS, 4], [DEVICE_CONTROL_2, 2]] as const)
      config.clear(at + field, width); // prettier-ignore
    config.set(at + SLOT_CONTROL, 2, SLOT_LAMPS_OFF | (isTaken ? 0 : SLOT_POWER_OFF));
    config.setBits(at + SLOT_STATUS, 2, SLOT_PRESENT, isTaken);
    config.setBits(at + LINK_STATUS, 2, LINK_ACTIVE, isTaken);
  }
}

/** Power states: D0 and D3 can be chosen, and change nothing. */
export function addPowerManagement(config: ConfigSpace): void {
  const at = config.addCapability(CAPABILITY.POWER, 8);
  config.set(at + 2, 2, 3); // version 1.2
  config.define(at + 4, 2, 0, 3);
}

/** Who made the board that a bridge is on: its header has no place for that. */
export function addBridgeSubsystem(config: ConfigSpace, vendor: number, id: number): void {
  const at = config.addCapability(CAPABILITY.BRIDGE_SUBSYSTEM, 8);
  config.set(at + 4, 2, vendor);
  config.set(at + 6, 2, id);
}

// ---- the extended space
const AER_SIZE = 0x48;
const ACS_SIZE = 8;

/** Errors that a port could report, and which requests it passes on. */
export function addPortCapabilities(config: ConfigSpace): void {
  const aer = CONFIG_SIZE;
  const acs = aer + AER_SIZE;
  addExtended(config, aer, { id: EXPRESS_CAPABILITY.AER, version: 2, size: AER_SIZE, next: acs });
  const UNCORRECTABLE = 0x03ff_f030;
  const CORRECTABLE = 0xf1c1;
  config.define(aer + 0x04, 4, 0, 0, UNCORRECTABLE);
  config.define(aer + 0x08, 4, 0, UNCORRECTABLE); // masks
  config.define(aer + 0x0c, 4, 0, UNCORRECTABLE); // severities
  config.define(aer + 0x10, 4, 0, 0, CORRECTABLE);
  config.define(aer + 0x14, 4, 0, CORRECTABLE);
  config.define(aer + 0x18, 4, 0x2a0, 0x540);
  config.define(aer + 0x2c, 4, 0, 7); // what is told
  config.define(aer + 0x30, 4, 0, 0, 0x7f);
  addExtended(config, acs, { id: EXPRESS_CAPABILITY.ACS, version: 1, size: ACS_SIZE, next: 0 });
  config.set(acs + 4, 2, 0x5f);
  config.define(acs + 6, 2, 0, 0x5f);
  resetPortCapabilities(config);
}

/** As after a reset. */
export function resetPortCapabilities(config: ConfigSpace): void {
  const aer = CONFIG_SIZE;
  for (const at of [0x04, 0x10, 0x18, 0x2c, 0x30]) config.clear(aer + at, 4);
  config.set(aer + 0x08, 4, 0x0240_0000);
  config.set(aer + 0x0c, 4, 0x0046_2030);
  config.set(aer + 0x14, 4, 0xe000);
  config.clear(aer + AER_SIZE + 6, 2);
}

interface Extended {
  readonly id: number;
  readonly version: number;
  readonly size: number;
  readonly next: number;
}
function addExtended(config: ConfigSpace, at: number, { id, version, size, next }: Extended): void {
  for (let i = at; i < at + size; i += 4) config.define(i, 4, 0);
  config.set(at, 4, id | (version << 16) | (next << 20));
}
