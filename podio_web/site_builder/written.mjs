// What our scripts for node have in common: podio_web/site_builder/node.py runs them, and reads the file that they write.
import { writeFile } from "node:fs/promises";

// Writes files into an interpreter's file system, contents by paths.
export function put(FS, files) {
  for (const [path, content] of Object.entries(files)) {
    FS.mkdirTree(path.slice(0, path.lastIndexOf("/")));
    FS.writeFile(path, content);
  }
}

// Writes what `make` returns to the file `target`, and ends.
export async function write(target, make) {
  try {
    await writeFile(target, await make());
  } catch (problem) {
    console.error(problem.message); // its stack would quote a line of a hundred thousand characters, or of a million
    process.exit(1);
  }
  process.exit(0); // Pyodide's event loop would keep node alive
}
