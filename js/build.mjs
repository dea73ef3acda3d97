// Bundles the front end into the Python package: a loader, which is part of each widget, and the
// front end itself, which is sent to a page once.
import { writeFileSync } from "node:fs";
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
