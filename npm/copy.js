#!/usr/bin/env node
// Copies what pages load from this package into a folder:
//
//   podio-web-copy public/podio-web
//
// What an earlier version left in the folder is removed. Nothing else there is touched.
import { cpSync, existsSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const MANIFEST = "podio-web.manifest.json";
const source = dirname(fileURLToPath(import.meta.url));

const namesIn = (folder) => Object.keys(JSON.parse(readFileSync(join(folder, MANIFEST), "utf8")).files);

function copy(target) {
  if (existsSync(target) && readdirSync(target).length) {
    if (!existsSync(join(target, MANIFEST))) {
      throw new Error(`${target} has files that are not of podio-web. Name another folder, such as public/podio-web.`);
    }
    const old = namesIn(target).filter((name) => /^assets\/[\w.-]+$/.test(name));
    for (const name of old) rmSync(join(target, name), { force: true });
  }
  // The manifest comes first, so that a copy that was interrupted can be done again.
  for (const name of [MANIFEST, "_headers", ...namesIn(source)]) cpSync(join(source, name), join(target, name));
}

const [target, ...more] = process.argv.slice(2);
if (!target || more.length || target.startsWith("-")) {
  console.error("Usage: podio-web-copy DIR, such as: podio-web-copy public/podio-web");
  process.exitCode = 2;
} else {
  try {
    copy(target);
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
