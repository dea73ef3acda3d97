// Bundles the front end into the Python package: a loader, which is part of each widget, and the front end itself, which is
// sent to a page once. Also builds the extension of JupyterLab and Notebook 7, which is installed into share/jupyter.
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { notices } from "./notices.mjs";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const shared = { bundle: true, minify: true, target: "es2022", nodePaths: [here("node_modules")], logLevel: "warning" };

const styles = await build({ ...shared, entryPoints: [here("src/styles/index.css")], write: false });
const { metafile } = await build({
  ...shared,
  entryPoints: [here("src/loader.ts"), here("src/front_end.tsx")],
  outdir: here("../seqwidget/static"),
  format: "esm",
  jsx: "automatic",
  jsxImportSource: "preact",
  define: { STYLES: JSON.stringify(styles.outputFiles[0].text) },
  metafile: true,
});
writeFileSync(here("../seqwidget/static/THIRD_PARTY_NOTICES.txt"), notices(metafile));

// The extension: a script with its digest in its name, so that no browser uses an old one, and the two files that describe it.
const locales = here("../seqwidget/locale");
const texts = Object.fromEntries(
  readdirSync(locales)
    .filter((name) => !name.includes("."))
    .map((name) => [name, JSON.parse(readFileSync(`${locales}/${name}/LC_MESSAGES/seqwidget.json`, "utf8")).extension]),
);
const extension = await build({
  ...shared,
  entryPoints: [here("src/extension/index.ts")],
  format: "iife",
  define: { TEXTS: JSON.stringify(texts) },
  write: false,
});
const folder = here("share/jupyter/labextensions/seqwidget");
const script = extension.outputFiles[0].contents;
const load = `static/extension.${createHash("sha256").update(script).digest("hex").slice(0, 16)}.js`;
rmSync(folder, { recursive: true, force: true });
mkdirSync(`${folder}/static`, { recursive: true });
writeFileSync(`${folder}/${load}`, script);
const about = {
  name: "seqwidget",
  version: /__version__ = "(.+)"/.exec(readFileSync(here("../seqwidget/_version.py"), "utf8"))[1],
  description: "Docks the panel of a Keras model beside its notebook",
  license: "BSD-3-Clause",
  jupyterlab: { extension: true, _build: { load, extension: "./extension" } },
};
writeFileSync(`${folder}/package.json`, JSON.stringify(about, null, 2));
const origin = { packageManager: "python", packageName: "seqwidget", uninstallInstructions: "pip uninstall seqwidget" };
writeFileSync(`${folder}/install.json`, JSON.stringify(origin, null, 2));
