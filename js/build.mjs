// Bundles one ES module and one style sheet a widget into the Python package.
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { notices } from "./notices.mjs";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

const { metafile } = await build({
  entryPoints: ["loader.ts", "summary.tsx", "trainable.tsx", "feature_maps.tsx"].map((name) => here(`src/${name}`)),
  outdir: here("../seqwidget/static"),
  bundle: true,
  format: "esm",
  target: "es2022",
  minify: true,
  jsx: "automatic",
  jsxImportSource: "preact",
  nodePaths: [here("node_modules")],
  logLevel: "warning",
  metafile: true,
});
writeFileSync(here("../seqwidget/static/THIRD_PARTY_NOTICES.txt"), notices(metafile));
