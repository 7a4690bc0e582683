/** A service worker that makes its pages cross-origin isolated: the two headers on whatever comes by. */

interface FetchEvent extends Event {
  readonly request: Request;
  respondWith(response: Promise<Response>): void;
}
interface ServiceWorkerScope extends EventTarget {
  skipWaiting(): Promise<void>;
  readonly clients: { claim(): Promise<void> };
}
interface LifeEvent extends Event {
  waitUntil(done: Promise<void>): void;
}

const HEADERS = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
  'cross-origin-resource-policy': 'cross-origin',
} as const;

// The DOM's types know of pages only.
const scope = self as unknown as ServiceWorkerScope;

scope.addEventListener('install', (event) => (event as LifeEvent).waitUntil(scope.skipWaiting()));
scope.addEventListener('activate', (event) => (event as LifeEvent).waitUntil(scope.clients.claim()));
scope.addEventListener('fetch', (event) => {
  const { request, respondWith } = event as FetchEvent;
  // A browser's own restriction: such a request may only be answered from its cache (Fetch Standard, 4.1).
  if (request.cache === 'only-if-cached' && request.mode !== 'same-origin') return;
  respondWith.call(event, isolated(request));
});

async function isolated(request: Request): Promise<Response> {
  const response = await fetch(request);
  // One whose status is 0 (another origin's, without its consent) cannot be made anew.
  if (response.status === 0 || response.type === 'opaqueredirect') return response;
  const headers = new Headers(response.headers);
  for (const [name, value] of Object.entries(HEADERS)) headers.set(name, value);
  const { status, statusText } = response;
  const hasBody = ![101, 204, 205, 304].includes(status);
  return new Response(hasBody ? response.body : null, { status, statusText, headers });
}
