// The files of podio-web.js: uploads, thumbnails and downloads, and what a response is that is not JSON.
//
// podio-web.js loads this module when a page needs it, and passes it the class Client. Python makes all decisions
// (podio_web/script_tag/js_files.py).

// Returns the error for a body that is not JSON. Its text has about as many characters as a file has bytes.
export function notJSON({ status, type, text: { length } }, verb, address, newError) {
  const method = verb.toUpperCase();
  const [path] = address.split("?"); // a query may hold what nobody else should read
  const size = length > 999e3 ? `${Math.round(length / 1e6)} MB` : `${Math.ceil(length / 1e3)} kB`;
  const [kind] = type.split(";");
  const what = /json|html|^$/i.test(kind)
    ? ". Check that data-api-url is the API's URL."
    : `, but ${kind} of about ${size}. Use podio.download(file).`;
  const message = `The response to ${method} ${path} is not JSON${what}`;
  return newError({ name: "PodioError", code: "podio_error", status, method, path, message });
}

// Returns the files of the client that has this number.
export function open(number, Client, newError) {
  const transfers = new Map(); // by number: what JavaScript and Python hand to each other
  let last = 0;

  const wrongArgument = (message) => newError({ name: "TypeError", code: "wrong_argument", message });

  // Handlers belong to the page, so their exceptions are its own.
  function report(handler, progress) {
    try {
      handler(progress);
    } catch (error) {
      reportError(error);
    }
  }

  function check({ onProgress, signal }) {
    if (onProgress !== undefined && typeof onProgress !== "function") throw wrongArgument("onProgress must be a function.");
    if (signal !== undefined && !(signal instanceof AbortSignal)) throw wrongArgument("signal must be an AbortSignal.");
    signal?.throwIfAborted();
  }

  class Files extends Client {
    constructor() {
      super("files", () => ({ number }), {
        takeFile: (key) => transfers.get(key)?.file,
        keepBlob(key, blob) { Object.assign(transfers.get(key) ?? {}, { blob }); },
        // As text, because MicroPython cuts integers to 32 bits.
        progress(key, text) {
          const { onProgress } = transfers.get(key) ?? {};
          if (onProgress) report(onProgress, JSON.parse(text));
        },
      });
    }

    // Calls a method of Python that the signal can end. Returns its result and the Blob that it made.
    async #transfer(method, file, { onProgress, signal }, ...args) {
      const key = ++last;
      const transfer = { file, onProgress };
      transfers.set(key, transfer);
      let abort;
      try {
        const aborted = new Promise((_, reject) => {
          abort = () => {
            // Later, because onProgress may have aborted, and a task of Python cannot cancel itself.
            queueMicrotask(() => this._ask("cancel", key));
            reject(signal.reason);
          };
          signal?.addEventListener("abort", abort);
        });
        const result = await Promise.race([this._call(method, key, ...args), aborted]);
        return { result, blob: transfer.blob };
      } finally {
        signal?.removeEventListener("abort", abort);
        transfers.delete(key);
      }
    }

    async uploadFile(file, options) {
      const { onProgress, signal, ...rest } = options ?? {};
      check({ onProgress, signal });
      if (!/^\[object (File|Blob)]$/.test(Object.prototype.toString.call(file))) {
        throw wrongArgument("uploadFile needs a File or a Blob, such as input.files[0]. Write new Blob([data]) for other data.");
      }
      return (await this.#transfer("upload", file, { onProgress, signal }, rest, Boolean(onProgress))).result;
    }

    async thumbnail(file, size) {
      const { result: url } = await this.#transfer("thumbnail", null, {}, numberOf(file), size);
      return { url, release: () => this._ask("release", url) };
    }

    async download(file, options) {
      const { onProgress, signal, ...rest } = options ?? {};
      check({ onProgress, signal });
      const args = [numberOf(file), rest, Boolean(onProgress)];
      return (await this.#transfer("download", null, { onProgress, signal }, ...args)).blob;
    }
  }

  // Python refuses anything else.
  const numberOf = (file) => file?.file_id ?? file;

  return new Files();
}
