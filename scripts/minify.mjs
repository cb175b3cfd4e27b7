// Minifies one file: node scripts/minify.mjs FROM TO
// A style sheet's @imports are bundled into it. Nothing is rewritten for older browsers: light-dark(), oklch() and
// nesting stay as they are.
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";

// The tools are end2end's, in whose folder they are installed.
const require = createRequire(new URL("../end2end/package.json", import.meta.url));

const style = (from) => require("lightningcss").bundle({ filename: from, minify: true });
const script = (from) => require("esbuild").transformSync(readFileSync(from), { minify: true, format: "esm", sourcefile: from });

const [from, to] = process.argv.slice(2);
try {
  const { code, warnings } = from.endsWith(".css") ? style(from) : script(from);
  for (const { message, text, loc } of warnings) console.warn(`${from}:${loc?.line ?? 1}: ${message ?? text}`);
  writeFileSync(to, code);
} catch (fault) {
  console.error(`${fault.fileName ?? from}:${fault.loc?.line ?? 1}: ${fault.message}`);
  process.exit(1);
}
