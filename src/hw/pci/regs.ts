/** Registers of configuration space. Source: PCI Local Bus Specification 3.0, chapter 6; PCI-to-PCI Bridge Architecture 1.2, chapter 3. */

/** Bytes of a conventional function's space, and of one that is reached by memory (PCI Express). */
export const CONFIG_SIZE = 0x100;
export const EXPRESS_CONFIG_SIZE = 0x1000;

// Both kinds of headers
export const VENDOR_ID = 0x00;
export const DEVICE_ID = 0x02;
export const COMMAND = 0x04;
export const STATUS = 0x06;
export const REVISION = 0x08;
export const CLASS_PROG = 0x09;
export const CLASS = 0x0a;
export const CACHE_LINE_SIZE = 0x0c;
export const LATENCY_TIMER = 0x0d;
export const HEADER_TYPE = 0x0e;
export const BAR0 = 0x10;
export const CAPABILITY_LIST = 0x34;
export const INTERRUPT_LINE = 0x3c;
export const INTERRUPT_PIN = 0x3d;
/** Where the header ends, and capabilities may begin. */
export const HEADER_END = 0x40;

// Of devices
export const SUBSYSTEM_VENDOR_ID = 0x2c;
export const SUBSYSTEM_ID = 0x2e;
export const MIN_GRANT = 0x3e;
export const MAX_LATENCY = 0x3f;

// Of bridges
export const PRIMARY_BUS = 0x18;
export const SECONDARY_BUS = 0x19;
export const SUBORDINATE_BUS = 0x1a;
export const IO_BASE = 0x1c;
export const IO_LIMIT = 0x1d;
export const SECONDARY_STATUS = 0x1e;
export const MEMORY_BASE = 0x20;
export const MEMORY_LIMIT = 0x22;
export const PREFETCH_BASE = 0x24;
export const PREFETCH_LIMIT = 0x26;
export const PREFETCH_BASE_UPPER = 0x28;
export const PREFETCH_LIMIT_UPPER = 0x2c;
export const BRIDGE_CONTROL = 0x3e;

// COMMAND
export const COMMAND_IO = 0x1;
export const COMMAND_MEMORY = 0x2;
export const COMMAND_MASTER = 0x4;
export const COMMAND_SERR = 0x100;
export const COMMAND_INTX_DISABLE = 0x400;

// STATUS
export const STATUS_INTERRUPT = 0x8;
export const STATUS_CAPABILITIES = 0x10;
export const STATUS_66MHZ = 0x20;
export const STATUS_FAST_BACK = 0x80;
export const STATUS_DEVSEL_MEDIUM = 0x200;
/** What a device has noted, and software takes back by writing ones: parity errors, aborts, system errors. */
export const STATUS_ERRORS = 0xf900;

// HEADER_TYPE
export const HEADER_BRIDGE = 0x01;
export const HEADER_MULTIFUNCTION = 0x80;

// A base address register
export const BAR_IO = 0x1;
export const BAR_WIDE = 0x4;
export const BAR_PREFETCH = 0x8;

// BRIDGE_CONTROL
export const BRIDGE_CONTROL_BUS_RESET = 0x40;

export const CAPABILITY = {
  POWER: 0x01,
  SLOT_ID: 0x04,
  MSI: 0x05,
  VENDOR: 0x09,
  BRIDGE_SUBSYSTEM: 0x0d,
  EXPRESS: 0x10,
  MSIX: 0x11,
} as const;
/** Of the extended space. */
export const EXPRESS_CAPABILITY = { AER: 0x01, ACS: 0x0d } as const;

export const VENDOR = {
  NCR: 0x1000,
  AMD: 0x1022,
  MOTOROLA: 0x1057,
  INTEL: 0x8086,
  REDHAT: 0x1b36,
  QUMRANET: 0x1af4,
  QEMU: 0x1234,
} as const;
/** Of all of QEMU's own devices that say nothing else. */
export const SUBSYSTEM_QEMU = 0x1100;

/** Slot and function in one byte. */
export const devfn = (slot: number, fn: number): number => (slot << 3) | fn;
export const slotOf = (devfn: number): number => devfn >> 3;
export const functionOf = (devfn: number): number => devfn & 7;
export const SLOTS = 32;
export const FUNCTIONS = 8;
