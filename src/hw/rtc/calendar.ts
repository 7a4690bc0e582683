/** A clock's time of day, taken apart and put together again, in UTC. */
export interface TimeOfDay {
  readonly seconds: number;
  readonly minutes: number;
  readonly hours: number;
  /** 1 is Sunday. */
  readonly weekday: number;
  /** 1 to 31. */
  readonly day: number;
  /** 1 to 12. */
  readonly month: number;
  readonly year: number;
}

const MS_NS = 1_000_000n;
/** What Date can hold, ms from 1970. */
const MOST_MS = 8_640_000_000_000_000;

/** Of ns since 1970. */
export function timeOfDay(ns: bigint): TimeOfDay {
  const date = new Date(Math.max(-MOST_MS, Math.min(MOST_MS, Number(ns / MS_NS))));
  return {
    seconds: date.getUTCSeconds(),
    minutes: date.getUTCMinutes(),
    hours: date.getUTCHours(),
    weekday: date.getUTCDay() + 1,
    day: date.getUTCDate(),
    month: date.getUTCMonth() + 1,
    year: date.getUTCFullYear(),
  };
}

/** Fields beyond their ranges carry over, as nobody keeps a guest from writing them. ns since 1970. */
export function nsOf({ seconds, minutes, hours, day, month, year }: Omit<TimeOfDay, 'weekday'>): bigint {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hours, minutes, seconds);
  return BigInt(date.getTime()) * MS_NS;
}

export const toBcd = (value: number): number => ((Math.floor(value / 10) % 10) << 4) | (value % 10);
export const fromBcd = (byte: number): number => (byte >> 4) * 10 + (byte & 15);
