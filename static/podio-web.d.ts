// What podio-web.js puts into a page. Name it once, for example in a file of your own:
//
//   /// <reference path="./podio-web/podio-web.d.ts" />

/** Data for a query. Of a name that is repeated, Podio receives all values, joined with ";". */
type PodioQuery = Record<string, unknown> | URLSearchParams;

/** What a call is made with besides its path and data. */
interface PodioRequestOptions {
  /** What goes to the query, whatever the method. */
  params?: PodioQuery;
  /** Send the data as a form instead of JSON; true for a URLSearchParams. */
  form?: boolean;
  /** true: the call changes nothing and may be repeated like a GET. false: it does. Left out: by method and path. */
  safe?: boolean;
  /** Seconds that the call may take. */
  timeout?: number;
}

/** The token of the session. */
interface PodioToken {
  /** A getter: `console.log`, `JSON.stringify` and copies leave it out. */
  readonly accessToken: string;
  /** Milliseconds since 1970, as `Date.now()` counts. */
  readonly expiresAt: number;
  readonly ref: { type: string; id: number } | null;
  readonly scope: string;
  readonly tokenType: string;
}

/** Anything that went wrong; `name` is that of the error in Python, such as "NotFoundError" or "PopupClosed". */
interface PodioError extends Error {
  /** A stable word for programs, such as "not_found", "popup_closed" or "callback_missing". */
  code: string;
  /** The HTTP status, if there was an answer. */
  status?: number;
  error?: string;
  errorDescription?: string;
  errorDetail?: string;
  errorParameters?: Record<string, unknown>;
  /** Seconds that Podio asks to wait. */
  retryAfter?: number;
  method?: string;
  path?: string;
}

/** Python did not start. `message` names the cause and says what to do; docs/hosting.md explains each code. */
interface PodioLoadError extends PodioError {
  name: "LoadError";
  code:
    | "blocked_by_policy" | "load_failed" | "missing_file" | "no_script_tag" | "no_webassembly" | "not_built" | "not_ready"
    | "timeout" | "trusted_types" | "unreachable" | "wasm_blocked" | "wrong_argument" | "wrong_integrity" | "wrong_type";
}

interface PodioEvents {
  accountChanged: PodioToken;
  authenticated: PodioToken;
  expiring: PodioToken;
  loggedOut: null;
  /** Requests wait, and the browser blocked the popup: call what you are given in a click. */
  loginNeeded: () => void;
  /** The popup cannot be watched any more: what you are given stops waiting. */
  loginWaiting: () => void;
  rateLimited: number | null;
  storageDegraded: PodioError;
}

/**
 * The client that `podioWeb.ready` promises. Every promise is rejected with a PodioError. Data that JSON cannot hold, such
 * as a Map, NaN or FormData, is rejected with a TypeError that names it.
 */
interface Podio {
  readonly token: PodioToken | null;
  readonly rateLimit: { limit: number; remaining: number } | null;
  isAuthenticated(): Promise<boolean>;
  hasAuthError(): boolean;
  getAuthError(): PodioError | null;
  getAuthorizationURL(redirectURI?: string, options?: { scope?: string; state?: string }): string;
  /** Call it in the handler of a click: browsers open a popup for a person and block it otherwise. */
  login(options?: { method?: "popup" | "redirect" }): Promise<void>;
  logout(): Promise<void>;
  setAccessToken(response: Record<string, unknown>): void;
  refreshAuthFromStore(): Promise<void>;
  request<T = unknown>(method: string, path: string, data?: unknown, options?: PodioRequestOptions): Promise<T>;
  get<T = unknown>(path: string, data?: PodioQuery | null, options?: PodioRequestOptions): Promise<T>;
  post<T = unknown>(path: string, data?: unknown, options?: PodioRequestOptions): Promise<T>;
  put<T = unknown>(path: string, data?: unknown, options?: PodioRequestOptions): Promise<T>;
  delete<T = unknown>(path: string, data?: PodioQuery | null, options?: PodioRequestOptions): Promise<T>;
  /** Returns a function that removes the handler. */
  on<Name extends keyof PodioEvents>(event: Name, handler: (detail: PodioEvents[Name]) => void): () => void;
  close(): Promise<void>;
}

/** What podio-js calls the auth object; there is never a refresh token in a page. */
interface PodioJSSession {
  accessToken: string;
  expiresIn: number | string;
  /** Milliseconds since 1970; podio-js does not have it. */
  expiresAt?: number;
  ref?: unknown;
  scope?: string;
}

/** A store calls back, as podio-js wants it, or returns the session or a promise of it. */
interface PodioJSSessionStore {
  get(authType: string, callback: (session?: Partial<PodioJSSession> | null) => void): unknown;
  set(session: PodioJSSession | {}, authType: string, callback?: (error?: unknown) => void): unknown;
}

interface PodioJSOptions {
  sessionStore?: PodioJSSessionStore;
  /** Renew the session, and call back: the requests that wait are then sent again. */
  onTokenWillRefresh?(callback: (error?: unknown) => void): void;
  afterTokenRefreshed?(response: Record<string, unknown>): void;
  apiURL?: string;
}

/** An error with podio-js's names; `message` is Podio's parsed answer where there is one. */
interface PodioJSError extends Omit<PodioError, "message"> {
  message: any;
  body?: Record<string, unknown>;
  url?: string;
}

/** podio-js's constructor. What is called before Python is ready waits for it. */
declare class PodioJS {
  constructor(authOptions: { authType: "client"; clientId: string; projectId?: unknown }, options?: PodioJSOptions);
  readonly VERSION: string;
  readonly authType: string;
  readonly clientId: string;
  readonly apiURL: string;
  readonly authObject: PodioJSSession | undefined;
  /** Resolves without a value when somebody is signed in, and is rejected otherwise. */
  isAuthenticated(): Promise<void>;
  /** Throws "not_ready" before Python is there, as the next two do: wait for `podioWeb.ready`. */
  hasAuthError(): boolean;
  getAuthError(): PodioJSError | null;
  getAuthorizationURL(redirectURL?: string): string;
  request<T = any>(
    method: string, path: string, data?: unknown, options?: { type?: "form"; basicAuth?: boolean },
  ): Promise<T>;
  refreshAuthFromStore(callback?: () => void): Promise<void>;
  setAccessToken(response: Record<string, unknown>): void;
}

/** Bytes; `loaded` grows to `total`. */
interface PodioWebProgress {
  loaded: number;
  total: number;
}

interface PodioWebEventMap {
  "podio-web:progress": CustomEvent<PodioWebProgress>;
  "podio-web:ready": CustomEvent<{ client: Podio; interpreter: "micropython" | "pyodide" }>;
  /** `preventDefault()` keeps the message from being shown. */
  "podio-web:error": CustomEvent<PodioError>;
}

interface DocumentEventMap extends PodioWebEventMap {}
interface WindowEventMap extends PodioWebEventMap {}

interface Window {
  /** `ready` is rejected with a PodioLoadError. */
  readonly podioWeb: { readonly ready: Promise<Podio>; readonly version: string | null };
  readonly PodioJS: typeof PodioJS;
  /** podio-js's example: called when the window that the page opened has brought a session, or has not. */
  onAuthCompleted?: () => void;
  onAuthError?: (problem?: PodioJSError) => void;
}

declare const podioWeb: Window["podioWeb"];
