/// <reference path="./podio-web.d.ts" />

// The types of the client, such as Podio and PodioError, are global too, as with a script tag.

export type Podio = globalThis.Podio;
export type PodioError = globalThis.PodioError;
export type PodioEvents = globalThis.PodioEvents;
export type PodioFile = globalThis.PodioFile;
export type PodioLiveEvent = globalThis.PodioLiveEvent;
export type PodioLoadError = globalThis.PodioLoadError;
export type PodioRequestOptions = globalThis.PodioRequestOptions;
export type PodioSubscription = globalThis.PodioSubscription;
export type PodioToken = globalThis.PodioToken;

/** The attributes of the script tag, in camel case, and where its files are. */
export interface LoadOptions {
  /** The name of the API key. */
  clientId?: string;
  /**
   * The address of your copy of podio-web's files, such as "/podio-web/". The default is the folder of this module. A
   * bundle needs this option.
   */
  base?: string | URL;
  /** The nonce of the page's policy, for each script that is added. */
  nonce?: string;
  apiUrl?: string;
  authUrl?: string;
  /** The default is "micropython", which starts faster. */
  interpreter?: "micropython" | "pyodide";
  /** Addresses of Python files that the page runs, separated by spaces. */
  python?: string;
  /** The callback page, on the page's own origin. The default is callback.html in `base`, if that is on this origin. */
  redirectUri?: string;
  scope?: string;
  sessionStore?: "local" | "session" | "memory";
  /** Seconds without any progress after which loading fails. The default is 60. */
  timeout?: number;
}

/**
 * Loads podio-web.js and Python, and resolves to the client. Call it in the browser. Later calls need no options, and
 * get the same client. If Python does not start, the promise is rejected with a PodioLoadError.
 *
 * @example
 * const podio = await loadPodio({ clientId: "my-app", base: "/podio-web/" });
 */
export function loadPodio(options?: LoadOptions): Promise<Podio>;

/** The version of podio-web. */
export const version: string;
