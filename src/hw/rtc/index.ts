/** Calendars: the types of this folder. */
import type { TypedClass } from '../../qom/object.js';
import { GoldfishRtc } from './goldfish-rtc.js';

export const rtcDevices: readonly TypedClass[] = [GoldfishRtc];
