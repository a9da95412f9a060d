// Put into a page that has started already: window.benchMeasure(way, path, count, atOnce) resolves with milliseconds.
(() => {
  const loop = async (call, path, count, atOnce) => {
    const began = performance.now();
    if (atOnce) await Promise.all(Array.from({ length: count }, () => call(path)));
    else for (let done = 0; done < count; done += 1) await call(path);
    return performance.now() - began;
  };
  const python = (way, path, count, atOnce) => new Promise((settle, refuse) => {
    window.benchPythonCalls(way, path, count, atOnce, text => {
      const { ms, error } = JSON.parse(text);
      if (error) refuse(new Error(error)); else settle(ms);
    });
  });
  const late = () => new Promise((_, refuse) => setTimeout(refuse, 20_000, new Error("no end within 20 seconds")));
  window.benchMeasure = (way, path, count, atOnce) => {
    const call = window.benchCalls?.[way];
    const calls = call ? loop(call, path, count, atOnce) : python(way, path, count, atOnce);
    return Promise.race([calls, late()]);
  };
})();
