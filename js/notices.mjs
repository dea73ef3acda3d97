// Licence notices of the bundled code: for each package that esbuild read and its dependencies, the
// licence files in the package's folder.
import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";

const HEAD = "The files beside this one hold code of the packages named below, each under its own licence.";
const PACKAGE = /^(.*node_modules\/)(?:@[^/]+\/)?[^/]+/;

/** Return the notices of all packages in a build's metafile, even if no code of them is left. */
export function notices({ inputs }) {
  const folders = new Set(Object.keys(inputs).flatMap((path) => PACKAGE.exec(path)?.[0] ?? []));
  for (const folder of folders) {
    for (const name of Object.keys(about(folder).dependencies ?? {})) folders.add(PACKAGE.exec(folder)[1] + name);
  }
  return `${[HEAD, ...[...folders].map(notice).sort()].join(`\n\n${"-".repeat(80)}\n\n`)}\n`;
}

function notice(folder) {
  const { name, version, license } = about(folder);
  const files = readdirSync(folder).filter((file) => /^(licen[cs]e|copying|notice)/i.test(file));
  if (files.length === 0) throw new Error(`${name} has no licence file, and may not be bundled`);
  return [`${name} ${version} (${license})`, ...files.sort().map((file) => read(folder, file))].join("\n\n");
}

const about = (folder) => JSON.parse(read(folder, "package.json"));
const read = (folder, file) => readFileSync(resolve(folder, file), "utf8").trim();
