/** What wemu cannot do without, asked before anything of it is loaded. */

/** Of Deno, which gives a program no more rights than its command line says. */
interface DenoPermissions {
  querySync(right: { readonly name: string }): { readonly state: string; readonly partial?: boolean };
}
/** For files, environment variables, and the user's home folder. */
const RIGHTS = ['read', 'env', 'sys'] as const;

/** Why this engine, as it was started, cannot run wemu: one line; undefined: it can. */
export function engineLacks(engine: { readonly WebAssembly?: unknown; readonly Deno?: unknown } = globalThis): string | undefined {
  if (engine.WebAssembly === undefined) return 'this engine has no WebAssembly (V8 was started with --jitless?)';
  const { permissions } = (engine.Deno ?? {}) as { permissions?: DenoPermissions };
  const lacking = RIGHTS.filter((name) => {
    const status = permissions?.querySync({ name });
    return status && status.state !== 'granted' && status.partial !== true;
  });
  if (lacking.length === 0) return undefined;
  return `Deno gives it no rights (${lacking.map((name) => `--allow-${name}`).join(', ')}): start it with 'deno run -A'`;
}
