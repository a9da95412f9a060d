// Put into every page before its own scripts. SETTINGS is replaced by what the page's client needs.
(() => {
  if (!location.protocol.startsWith("http")) return;
  let settle, refuse;
  window.benchSettings = SETTINGS;
  window.benchDone = new Promise((...both) => { [settle, refuse] = both; });
  window.benchDone.catch(() => {});

  // The longest time in which the page could do nothing: the longest gap between two ticks of a timer.
  let last = performance.now(), longest = 0, waiting = true;
  const tick = () => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
    if (waiting) setTimeout(tick, 0);
  };
  tick();

  window.benchAnswered = (isRight, more) => {
    const start = performance.now();
    waiting = false;
    tick();
    if (!isRight) return refuse(new Error("the first answer holds no user"));
    // https://www.w3.org/TR/resource-timing/#dom-performanceresourcetiming-transfersize
    const entries = [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")];
    settle({
      start, blocked: longest, ...JSON.parse(more),
      files: entries.map(({ name, transferSize }) => ({ name, bytes: transferSize })),
    });
  };
  addEventListener("error", event => refuse(new Error(event.message || `${event.target?.src} did not load`)), true);
  addEventListener("unhandledrejection", event => refuse(new Error(String(event.reason))));
  addEventListener("podio-web:error", event => refuse(new Error(`podio-web:error ${event.detail?.message}`)), true);
  setTimeout(() => refuse(new Error("no answer within 60 seconds")), 60_000);
})();
