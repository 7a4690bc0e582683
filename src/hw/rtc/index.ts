/** Calendars: the types of this folder. */
import type { TypedClass } from '../../qom/object.js';
import { GoldfishRtc } from './goldfish-rtc.js';
import { IsaM48t59 } from './m48t59.js';
import { Mc146818Rtc } from './mc146818rtc.js';

export const rtcDevices: readonly TypedClass[] = [GoldfishRtc, IsaM48t59, Mc146818Rtc];
