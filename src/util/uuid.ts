/** UUIDs, as texts. */

export const NO_UUID = '00000000-0000-0000-0000-000000000000';

export const isUuid = (text: string): boolean => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);

/** As RFC 4122 has them: the first digit comes first. */
export const uuidBytes = (uuid: string): Uint8Array =>
  Uint8Array.from(uuid.replaceAll('-', '').matchAll(/../g), ([digits]) => parseInt(digits, 16));
