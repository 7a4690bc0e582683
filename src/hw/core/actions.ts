/** What becomes of a guest that reboots, powers off, panics or lets its watchdog expire (`-action`, QAPI run-state.json). */
export const REBOOT_ACTIONS = ['reset', 'shutdown'] as const;
export const SHUTDOWN_ACTIONS = ['poweroff', 'pause'] as const;
export const PANIC_ACTIONS = ['pause', 'shutdown', 'exit-failure', 'none'] as const;
export const WATCHDOG_ACTIONS = ['reset', 'shutdown', 'poweroff', 'pause', 'debug', 'none', 'inject-nmi'] as const;

export type PanicAction = (typeof PANIC_ACTIONS)[number];
export type WatchdogAction = (typeof WATCHDOG_ACTIONS)[number];
/** What was done about a panic, as the event tells it. */
export type GuestPanicAction = 'pause' | 'poweroff' | 'run';

export interface Actions {
  reboot: (typeof REBOOT_ACTIONS)[number];
  shutdown: (typeof SHUTDOWN_ACTIONS)[number];
  panic: PanicAction;
  watchdog: WatchdogAction;
}

/** QEMU's. */
export const DEFAULT_ACTIONS: Readonly<Actions> = { reboot: 'reset', shutdown: 'poweroff', panic: 'shutdown', watchdog: 'reset' };
