// Bundles every src/<element>/index.js into built/<element>.js, one module without imports.
// The first line of a built file names the digest of what it was made from; a test compares it (frontend/__init__.py).
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";

const here = import.meta.dirname;

/** All files below a folder, sorted by path. */
function files(folder) {
  return readdirSync(join(here, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(here.length + 1).replaceAll("\\", "/"))
    .sort();
}

/** Digest of the sources, this script and the versions of the packages. */
function digest() {
  const hash = createHash("sha256");
  for (const path of [...files("src"), "build.mjs", "package-lock.json"].sort()) {
    const bytes = readFileSync(join(here, path));
    hash.update(`${path}\0${bytes.length}\0`).update(bytes);
  }
  return hash.digest("hex");
}

mkdirSync(join(here, "built"), { recursive: true });
const elements = readdirSync(join(here, "src"), { withFileTypes: true }).filter((entry) => entry.isDirectory());
for (const { name } of elements.filter((entry) => !entry.name.startsWith("_"))) {
  const { outputFiles } = await build({
    entryPoints: [join(here, "src", name, "index.js")],
    bundle: true,
    format: "esm",
    target: "es2022",
    minify: true,
    legalComments: "inline",
    write: false,
  });
  const text = `/* made from sources ${digest()} */\n${outputFiles[0].text}`;
  writeFileSync(join(here, "built", `${name}.js`), text);
  console.log(`${name}: ${(text.length / 1024).toFixed(0)} KiB`);
}
