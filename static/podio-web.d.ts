// The types of podio-web.js. Reference them once, for example in a file of your own:
//
//   /// <reference path="./podio-web/podio-web.d.ts" />

/** Data for a query. If a name is repeated, its values are joined with ";". */
type PodioQuery = Record<string, unknown> | URLSearchParams;

/** The options of a request. */
interface PodioRequestOptions {
  /** Parameters for the query, with any method. */
  params?: PodioQuery;
  /** Whether to send the data as a form instead of JSON. The default is true for a URLSearchParams. */
  form?: boolean;
  /** Whether the request changes nothing and may be repeated like a GET. The default depends on method and path. */
  safe?: boolean;
  /** The timeout in seconds. */
  timeout?: number;
}

/** A file of Podio, or its ID. */
type PodioFileReference = number | { readonly file_id: number };

/** A file as Podio describes it: https://developers.podio.com/doc/files */
interface PodioFile {
  file_id: number;
  name: string;
  mimetype?: string;
  size?: number;
  link?: string;
  [field: string]: unknown;
}

/** Bytes of a file. `size` is null while Podio has not said how large a download is. */
interface PodioFileProgress {
  sent: number;
  size: number | null;
}

type PodioThumbnailSize = "tiny" | "small" | "medium" | "large" | "extra_large" | "badge" | "preview";

interface PodioUploadOptions {
  /** Called at most ten times a second. The last call comes when Podio has the file. */
  onProgress?(progress: PodioFileProgress): void;
  /** Ends the upload. The promise is rejected with the signal's reason. */
  signal?: AbortSignal;
  /** The file name. A Blob has none, so it needs this option. */
  name?: string;
  /** The largest size in bytes. */
  largest?: number;
  /** Seconds without any progress after which the upload ends with "upload_stalled". The default is 60. */
  stalledAfter?: number;
  /** Seconds that Podio may take to respond after everything was sent. The default is 300. */
  timeout?: number;
}

interface PodioDownloadOptions {
  /** Download a thumbnail of this size instead. */
  size?: PodioThumbnailSize;
  /** Called at most ten times a second, with the bytes received as `sent`. */
  onProgress?(progress: PodioFileProgress): void;
  /** Ends the download. The promise is rejected with the signal's reason. */
  signal?: AbortSignal;
}

/** A thumbnail. `url` is a blob: URL for an `<img>`. Call `release` when the picture has loaded. */
interface PodioThumbnail {
  readonly url: string;
  release(): void;
}

/** A push object, which most of Podio's objects have as `push`: https://developers.podio.com/examples/push */
interface PodioPush {
  channel: string;
  signature: string;
  timestamp: number;
  expires_in?: number;
}

/** A push object, or an object that has one. Objects in lists have none. */
type PodioCarrier = PodioPush | { readonly push: PodioPush };

/** Something that has happened. */
interface PodioLiveEvent {
  /**
   * Podio's name, such as "comment_create". "gap" means that something may have been missed, so read again what you show.
   * "ended" means that the channel has ended, with the error as `data`.
   */
  name: string;
  /** The channel, such as "/item/6101". It is null for a gap. */
  channel: string | null;
  ref: { type: string; id: number } | null;
  createdBy: { type: string; id: number } | null;
  createdVia: number | null;
  data: any;
}

/** A subscription. */
interface PodioSubscription {
  cancel(): void;
}

/** The token of the session. */
interface PodioToken {
  /** A getter, so `console.log`, `JSON.stringify` and copies leave it out. */
  readonly accessToken: string;
  /** Milliseconds since 1970, like `Date.now()`. */
  readonly expiresAt: number;
  readonly ref: { type: string; id: number } | null;
  readonly scope: string;
  readonly tokenType: string;
}

/** An error. `name` is the name of the error in Python, such as "NotFoundError" or "PopupClosed". */
interface PodioError extends Error {
  /** A stable code for programs, such as "not_found", "popup_closed" or "callback_missing". */
  code: string;
  /** The HTTP status, if there was a response. */
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

/** Python did not start. `message` names the cause and says what to do. docs/hosting.md explains each code. */
interface PodioLoadError extends PodioError {
  name: "LoadError";
  code:
    | "blocked_by_policy" | "load_failed" | "missing_file" | "no_page" | "no_script_tag" | "no_webassembly"
    | "not_built" | "not_ready" | "timeout" | "trusted_types" | "unreachable" | "wasm_blocked" | "wrong_argument"
    | "wrong_integrity" | "wrong_type";
}

interface PodioEvents {
  accountChanged: PodioToken;
  authenticated: PodioToken;
  expiring: PodioToken;
  loggedOut: null;
  /** Requests are waiting, and the browser blocked the popup. Call the function from a click handler. */
  loginNeeded: () => void;
  /** The popup can no longer be watched. The function stops waiting. */
  loginWaiting: () => void;
  rateLimited: number | null;
  storageDegraded: PodioError;
}

/**
 * The client that `podioWeb.ready` resolves to. Promises are rejected with a PodioError. If JSON cannot represent the data,
 * such as a Map, NaN or FormData, the promise is rejected with a TypeError that names it.
 */
interface Podio {
  readonly token: PodioToken | null;
  readonly rateLimit: { limit: number; remaining: number } | null;
  isAuthenticated(): Promise<boolean>;
  hasAuthError(): boolean;
  getAuthError(): PodioError | null;
  getAuthorizationURL(redirectURI?: string, options?: { scope?: string; state?: string }): string;
  /** Call it from a click handler, because browsers block other popups. */
  login(options?: { method?: "popup" | "redirect" }): Promise<void>;
  logout(): Promise<void>;
  setAccessToken(response: Record<string, unknown>): void;
  refreshAuthFromStore(): Promise<void>;
  request<T = unknown>(method: string, path: string, data?: unknown, options?: PodioRequestOptions): Promise<T>;
  get<T = unknown>(path: string, data?: PodioQuery | null, options?: PodioRequestOptions): Promise<T>;
  post<T = unknown>(path: string, data?: unknown, options?: PodioRequestOptions): Promise<T>;
  put<T = unknown>(path: string, data?: unknown, options?: PodioRequestOptions): Promise<T>;
  delete<T = unknown>(path: string, data?: PodioQuery | null, options?: PodioRequestOptions): Promise<T>;
  /** Uploads a File or a Blob. Attach it to an item next. Python for files is loaded at the first call. */
  uploadFile(file: Blob, options?: PodioUploadOptions): Promise<PodioFile>;
  /** The default size is "medium". The promise is rejected if the file is not a picture. */
  thumbnail(file: PodioFileReference, size?: PodioThumbnailSize): Promise<PodioThumbnail>;
  /** Only pictures keep their type. Any other file comes as application/octet-stream, so that it cannot run scripts. */
  download(file: PodioFileReference, options?: PodioDownloadOptions): Promise<Blob>;
  /**
   * Calls the handler with each event of an object. The promise is resolved when Podio has accepted the subscription. Python for live updates is loaded at the first call. All tabs of a person share one connection.
   */
  subscribe(carrier: PodioCarrier, handler: (event: PodioLiveEvent) => void): Promise<PodioSubscription>;
  /** Returns a function that removes the handler. */
  on<Name extends keyof PodioEvents>(event: Name, handler: (detail: PodioEvents[Name]) => void): () => void;
  close(): Promise<void>;
}

/** podio-js's auth object, without a refresh token. */
interface PodioJSSession {
  accessToken: string;
  expiresIn: number | string;
  /** Milliseconds since 1970. podio-js does not have it. */
  expiresAt?: number;
  ref?: unknown;
  scope?: string;
}

/** A store calls the callback, as in podio-js, or returns the session or a promise of it. */
interface PodioJSSessionStore {
  get(authType: string, callback: (session?: Partial<PodioJSSession> | null) => void): unknown;
  set(session: PodioJSSession | {}, authType: string, callback?: (error?: unknown) => void): unknown;
}

interface PodioJSOptions {
  sessionStore?: PodioJSSessionStore;
  /** Renew the session, then call the callback. The waiting requests are then sent again. */
  onTokenWillRefresh?(callback: (error?: unknown) => void): void;
  afterTokenRefreshed?(response: Record<string, unknown>): void;
  apiURL?: string;
  /** Needed in podio-js. Here `push` always works. */
  enablePushService?: boolean;
}

/** An error with podio-js's names. `message` is Podio's parsed response, if there is one. */
interface PodioJSError extends Omit<PodioError, "message"> {
  message: any;
  body?: Record<string, unknown>;
  url?: string;
}

/** podio-js's constructor. Calls made before Python has loaded are queued, except those that return a result at once. */
declare class PodioJS {
  constructor(authOptions: { authType: "client"; clientId: string; projectId?: unknown }, options?: PodioJSOptions);
  readonly VERSION: string;
  readonly authType: string;
  readonly clientId: string;
  readonly apiURL: string;
  readonly authObject: PodioJSSession | undefined;
  /** Resolves without a value if somebody is signed in, and is rejected otherwise. */
  isAuthenticated(): Promise<void>;
  /** Like the next two, it throws "not_ready" before Python has loaded. Wait for `podioWeb.ready`. */
  hasAuthError(): boolean;
  getAuthError(): PodioJSError | null;
  getAuthorizationURL(redirectURL?: string): string;
  request<T = any>(
    method: string, path: string, data?: unknown, options?: { type?: "form"; basicAuth?: boolean },
  ): Promise<T>;
  uploadFile(file: Blob, name?: string): Promise<PodioFile>;
  /** This and `download` replace podio-js's URLs with the access token. */
  thumbnail(file: PodioFileReference, size?: PodioThumbnailSize): Promise<PodioThumbnail>;
  download(file: PodioFileReference, options?: PodioDownloadOptions): Promise<Blob>;
  /**
   * The handler receives what Podio sends, such as `{ channel, data: { event, ref, data } }`. The event "gap" means that
   * something may have been missed.
   */
  push(push: PodioPush): { subscribe(handler: (message: any) => void): Promise<PodioSubscription> };
  refreshAuthFromStore(callback?: () => void): Promise<void>;
  setAccessToken(response: Record<string, unknown>): void;
}

/** Bytes. `loaded` grows to `total`. */
interface PodioWebProgress {
  loaded: number;
  total: number;
}

interface PodioWebEventMap {
  "podio-web:progress": CustomEvent<PodioWebProgress>;
  "podio-web:ready": CustomEvent<{ client: Podio; interpreter: "micropython" | "pyodide" }>;
  /** After `preventDefault()` the message is not shown. */
  "podio-web:error": CustomEvent<PodioError>;
}

interface DocumentEventMap extends PodioWebEventMap {}
interface WindowEventMap extends PodioWebEventMap {}

interface Window {
  /** `ready` is rejected with a PodioLoadError. */
  readonly podioWeb: { readonly ready: Promise<Podio>; readonly version: string | null };
  readonly PodioJS: typeof PodioJS;
  /** As in podio-js's example: called when the sign-in in a window that the page opened succeeds or fails. */
  onAuthCompleted?: () => void;
  onAuthError?: (problem?: PodioJSError) => void;
}

declare const podioWeb: Window["podioWeb"];
