/** Whose release the commands are those of; the reference is QEMU 10.0. */
const QEMU_VERSION = { micro: 0, minor: 0, major: 10 };

/** `version`: of wemu. */
export const versionInfo = (version: string) => ({ qemu: QEMU_VERSION, package: `wemu ${version}` });
