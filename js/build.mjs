// Bundles the front end into the Python package: the loader that each widget carries, and what a page gets once.
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const shared = { bundle: true, minify: true, target: "es2022", nodePaths: [here("node_modules")], logLevel: "warning" };

const styles = await build({ ...shared, entryPoints: [here("src/styles.css")], write: false });
await build({
  ...shared,
  entryPoints: [here("src/loader.ts"), here("src/front_end.tsx")],
  outdir: here("../seqwidget/static"),
  format: "esm",
  jsx: "automatic",
  jsxImportSource: "preact",
  define: { STYLES: JSON.stringify(styles.outputFiles[0].text) },
});
