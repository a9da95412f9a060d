// Adds Run, Edit, Reset and Copy to the runnable examples of a page. They run in Pyodide, against a sandbox inside the page.
// scripts/docs_runtime.py writes what is loaded, and scripts/docs_page.py is its Python side.

const at = (name) => new URL(`runtime/${name}`, import.meta.url).href;
const SEEN = "podio-web-docs:runtime"; // in localStorage: what this browser has loaded before
const LONGEST = 100_000; // characters of shown output
const MOST_CALLS = 6; // that are listed

let told = null; // runtime.json
let python = null; // the promise of the Python module docs_page
let page = null; // its Page: names and a sandbox
let active = null; // the example that runs, or that waits for Python

const setup = document.querySelector('meta[name="podio-setup"]')?.content ?? "";
const examples = [...document.querySelectorAll(".language-python.run")].map((block, index) => new Example(block, index));
if (examples.length) {
  whatToLoad().catch(() => {}).finally(refreshAll); // a failure is reported when an example runs
}

function Example(block, index) {
  const pre = block.querySelector("pre");
  const original = pre.querySelector("code").textContent;
  const name = `Example ${index + 1}`;
  const panel = element("div", "run-panel");
  const bar = element("div", "run-bar");
  bar.role = "group";
  bar.ariaLabel = name;
  const run = button("Run", start);
  const edit = button("Edit", openEditor);
  const reset = button("Reset", resetAll);
  const copy = button("Copy", copyText);
  run.classList.add("run-start");
  reset.title = "Restore the example and the sandbox's data";
  bar.append(run, edit, reset, copy);
  const progress = element("progress", "run-progress");
  progress.hidden = true;
  progress.ariaLabel = "Loading Python";
  const output = element("div", "run-output");
  output.ariaLive = "polite";
  panel.append(bar, progress, output);
  block.after(panel);

  let editor = null;
  let failed = false; // Python did not load
  let stoppable = false;
  const example = { ran: false, execute, refresh };
  const text = () => editor?.value ?? original;
  return example;

  function refresh() {
    const own = active === example;
    const label = own ? (page ? (stoppable ? "Stop" : "Running…") : "Loading…") : failed ? "Try again" : "Run";
    run.textContent = label;
    if (!active && !failed) run.append(toLoad());
    run.ariaDisabled = String(Boolean(active) && label !== "Stop");
    reset.ariaDisabled = String(Boolean(active));
  }

  async function start() {
    if (active) {
      if (active === example && stoppable) page?.stop();
      return;
    }
    active = example;
    failed = stoppable = false;
    const timer = setTimeout(() => {
      stoppable = true;
      refresh();
    }, 500); // a double click does not stop it
    output.replaceChildren();
    refreshAll();
    try {
      await prepare();
      await runAll();
    } catch (problem) {
      failed = !python;
      const why = problem.message.trim().split("\n").at(-1).replace(/\.?$/, ".");
      show("run-error", failed ? `Python did not load. ${why} Check the connection, and try again.` : why);
    } finally {
      clearTimeout(timer);
      active = null;
      refreshAll();
    }
  }

  async function prepare() {
    if (page) return;
    const status = show("run-note", "Loading Python…");
    progress.hidden = false;
    python ??= load((value, max) => Object.assign(progress, { value, max }));
    try {
      const { Page } = await python.catch((problem) => {
        python = null; // so that the next click tries again
        throw problem;
      });
      page = Page(setup);
    } finally {
      status.remove();
      progress.hidden = true;
    }
    refreshAll();
  }

  // An example may use names of the examples above it, so these run first.
  async function runAll() {
    for (const earlier of examples.slice(0, index).filter(({ ran }) => !ran)) {
      const { error } = await earlier.execute(() => {});
      if (error) return show("run-error", `An example above runs first, and failed:\n${error}`, "pre");
      earlier.ran = true;
    }
    const again = example.ran;
    const printed = show("run-printed", "", "pre");
    example.ran = true; // also if it fails, as in a notebook
    const outcome = await execute((more) => {
      if (printed.textContent.length < LONGEST) printed.append(more);
    });
    report(outcome, printed.textContent, again);
    if (!printed.textContent) printed.remove();
  }

  async function execute(write) {
    return JSON.parse(await page.run(text(), write));
  }

  function report({ value, error, expected, calls }, printed, again) {
    if (value !== null) show("run-value", value, "pre");
    if (error !== null) show("run-error", error, "pre");
    else if (!again && (expected || (printed && text() === original))) {
      if (printed === expected) show("run-note run-same", "As expected");
      else {
        show("run-note run-different", "The page expects another output:");
        show("run-expected", expected || "(none)", "pre");
      }
    } else if (!printed && value === null) show("run-note", "Done, without output");
    if (calls.length) show("run-calls", `${calls.length === 1 ? "1 call" : `${calls.length} calls`}: ${listed(calls)}`);
  }

  function show(kind, content, tag = "p") {
    const shown = element(tag, kind);
    shown.textContent = content;
    if (tag === "pre") shown.tabIndex = 0; // it may be wider than the page, and scrolls by keys
    output.append(shown);
    return shown;
  }

  function openEditor() {
    editor = element("textarea", "run-editor");
    Object.assign(editor, { value: original.trimEnd(), spellcheck: false, autocapitalize: "off" });
    editor.ariaLabel = `${name}. Ctrl+Enter runs it.`;
    editor.addEventListener("input", fit);
    editor.addEventListener("keydown", onKey);
    fit();
    pre.hidden = true;
    pre.after(editor);
    edit.hidden = true;
    editor.focus();
  }

  function fit() {
    editor.rows = editor.value.split("\n").length;
  }

  function onKey(event) {
    if (event.key !== "Enter") return;
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault();
      start();
    } else if (!event.shiftKey && !event.isComposing) {
      const line = editor.value.slice(0, editor.selectionStart).split("\n").at(-1);
      const indent = line.match(/^ */)[0] + (line.trimEnd().endsWith(":") ? "    " : "");
      if (!indent) return;
      event.preventDefault();
      editor.setRangeText(`\n${indent}`, editor.selectionStart, editor.selectionEnd, "end");
      fit();
    }
  }

  // The sandbox starts anew too: its data may be the result of the text that is given up.
  function resetAll() {
    if (active) return;
    if (editor) {
      editor.remove();
      editor = null;
      pre.hidden = edit.hidden = false;
    }
    output.replaceChildren();
    page?.close();
    page?.destroy();
    page = null;
    for (const each of examples) each.ran = false;
  }

  async function copyText() {
    try {
      await navigator.clipboard.writeText(text());
      copy.textContent = "Copied";
    } catch {
      copy.textContent = "Not copied";
    }
    setTimeout(() => (copy.textContent = "Copy"), 2000);
  }
}

// Equal calls are listed once, with their number.
function listed(calls) {
  const each = [...new Set(calls)].map((call) => {
    const times = calls.filter((other) => other === call).length;
    return times > 1 ? `${times} × ${call}` : call;
  });
  const rest = each.length - MOST_CALLS;
  return each.slice(0, MOST_CALLS).join(", ") + (rest > 0 ? `, and ${rest} others` : "");
}

function element(tag, kind) {
  const made = document.createElement(tag);
  made.className = kind;
  return made;
}

function button(label, act) {
  const made = element("button", "run-button");
  made.type = "button";
  made.textContent = label;
  made.addEventListener("click", act);
  return made;
}

function refreshAll() {
  for (const example of examples) example.refresh();
}

async function whatToLoad() {
  told ??= await (await get("runtime.json")).json();
  return told;
}

// The size of the download, until this browser has loaded it.
function toLoad() {
  if (!told || python || seen() === told.start) return "";
  const size = element("span", "run-size");
  size.textContent = ` · loads ${Math.round(told.download / 1e6)} MB once`;
  return size;
}

function seen() {
  try {
    return localStorage.getItem(SEEN);
  } catch {
    return null; // storage is blocked
  }
}

// All files are fetched first, and are in the browser's cache then. This shows progress, and can be tried again. An import
// cannot: browsers remember its failure.
async function load(report) {
  const { files, archive, start } = await whatToLoad();
  const total = Object.values(files).reduce((sum, bytes) => sum + bytes);
  let received = 0;
  const fetched = Object.keys(files).map(async (name) => {
    const response = await get(name, name === archive.url ? { integrity: archive.integrity } : {});
    const chunks = [];
    for (const reader = response.body.getReader(); ; ) {
      const { done, value } = await reader.read();
      if (done) break;
      report((received += value.length), total);
      if (name === archive.url) chunks.push(value);
    }
    return chunks;
  });
  const [chunks] = (await Promise.all(fetched)).filter(({ length }) => length);
  const { loadPyodide } = await import(at(start));
  const pyodide = await loadPyodide();
  pyodide.FS.writeFile("packages.xz", new Uint8Array(await new Blob(chunks).arrayBuffer()));
  pyodide.pyimport("docs_archive").add("packages.xz");
  try {
    localStorage.setItem(SEEN, start);
  } catch {} // storage is blocked
  return pyodide.pyimport("docs_page");
}

async function get(name, options) {
  const response = await fetch(at(name), options).catch(() => null);
  if (!response) throw new Error(`${at(name)} cannot be reached`);
  if (!response.ok) throw new Error(`${at(name)} returned ${response.status}`);
  return response;
}
