/** The property that says where on its bus a function is: `06.0`, or `06`, or slot and function as one number. */
import { OptionError } from '../../util/errors.js';
import { row, type PropertyOptions } from '../../qom/property.js';
import { devfn, FUNCTIONS, functionOf, SLOTS, slotOf } from './regs.js';

const hex = (n: number, digits: number): string => n.toString(16).padStart(digits, '0');
export const addressText = (place: number): string => `${hex(slotOf(place), 2)}.${functionOf(place)}`;

const DESCRIPTION = 'Slot and optional function number, example: 06.0 or 06';

export const pciAddress = <Name extends string>(name: Name) =>
  row<Name, PropertyOptions, number>(
    name,
    { description: DESCRIPTION },
    'str',
    (text) => {
      const [, slot, fn = '0'] = /^(?:0x)?([0-9a-f]+)(?:\.([0-9a-f]+))?$/i.exec(text) ?? [];
      if (slot === undefined || parseInt(slot, 16) >= SLOTS || parseInt(fn, 16) >= FUNCTIONS)
        throw new OptionError(`doesn't take value '${text}'`, undefined, 'SLOT or SLOT.FUNCTION, hexadecimal: 0 to 1f, 0 to 7');
      return devfn(parseInt(slot, 16), parseInt(fn, 16));
    },
    (value) => typeof value === 'number' && Number.isInteger(value) && value >= -1 && value < SLOTS * FUNCTIONS,
    (value) => ((value as number) < 0 ? '<unset>' : addressText(value as number)),
  );
