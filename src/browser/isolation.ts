/**
 * Shared memory on static hosts that set no headers: a service worker adds them to what it hands on (service-worker.ts). A page that was not isolated is loaded once
 * more when the worker is there.
 */

/** A page that is loaded again and again helps nobody. */
const TRIED = 'wemu-isolation-tried';

/**
 * Resolves true if the page is isolated, false if it cannot be made so; while it is being loaded again, never. `script`: where `wemu/browser/service-worker` is
 * served; it must lie in the page's folder, or above.
 */
export async function registerIsolation(script: URL | string): Promise<boolean> {
  if (globalThis.crossOriginIsolated) {
    sessionStorage.removeItem(TRIED);
    return true;
  }
  if (!globalThis.isSecureContext || !('serviceWorker' in navigator)) return false;
  try {
    await navigator.serviceWorker.register(script, { type: 'module' });
    await navigator.serviceWorker.ready;
  } catch (error) {
    console.error(`wemu: no service worker: ${error instanceof Error ? error.message : String(error)}`);
    return false;
  }
  if (sessionStorage.getItem(TRIED) !== null) return false;
  sessionStorage.setItem(TRIED, '1');
  location.reload();
  return new Promise(() => {});
}
