// The live updates of podio-web.js.
//
// podio-web.js loads this module when a page subscribes, and passes it the class Client. Python does everything else
// (podio_web/script_tag/js_live.py).

// Returns the live updates of the client that has this number.
export function open(number, Client, newError) {
  const tellers = new Map(); // by number: what is called with the events of a subscription
  let last = 0;

  // Handlers belong to the page, so their exceptions are its own.
  function tell(key, text) {
    try {
      tellers.get(key)?.(JSON.parse(text));
    } catch (error) {
      reportError(error);
    }
  }

  class Live extends Client {
    constructor() {
      super("live", () => ({ number }), { event: tell });
    }

    async #begin(carrier, handler, teller) {
      if (typeof handler !== "function") {
        throw newError({ name: "TypeError", code: "wrong_argument", message: "subscribe needs a function for the events." });
      }
      const key = ++last;
      tellers.set(key, teller);
      try {
        // Only what Python needs, because the object may be large.
        await this._call("subscribe", key, carrier?.push ?? carrier ?? null);
      } catch (error) {
        tellers.delete(key);
        throw error;
      }
      return {
        cancel: () => {
          if (tellers.delete(key)) this._call("cancel", key).catch(reportError);
        },
      };
    }

    subscribe(carrier, handler) {
      return this.#begin(carrier, handler, ({ problem, ...event }) => {
        if (problem) event.data = newError(problem);
        handler(event);
      });
    }

    // podio-js passes on what Podio sends.
    push(push, handler) {
      return this.#begin(push, handler, ({ name, channel, ref, createdBy, createdVia, data, problem }) => {
        const event = { event: name, ref, created_by: createdBy, created_via: createdVia, data };
        if (problem) event.data = newError(problem);
        handler({ channel, data: name ? event : data });
      });
    }
  }

  return new Live();
}
