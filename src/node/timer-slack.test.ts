import { existsSync, readFileSync, readlinkSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { wakeInTime } from './timer-slack.js';

const slackFile = (): string => `/proc/${readlinkSync('/proc/thread-self').replace(/^.*\//, '')}/timerslack_ns`;

describe("a machine's thread", () => {
  it.skipIf(!existsSync('/proc/thread-self') || !existsSync(slackFile()))('asks Linux to wake it in time', () => {
    wakeInTime();
    expect(readFileSync(slackFile(), 'utf8')).toBe('1\n');
  });
});
