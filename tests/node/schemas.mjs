// Prints the official JSON Schemas that the pinned conformance package carries, by revision.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { runInNewContext } from "node:vm";

const START = "{$schema:`https://json-schema.org/draft/2020-12/schema`,$defs:{Annotations:";

const bundle = createRequire(import.meta.url).resolve("@modelcontextprotocol/conformance/package.json");
const text = readFileSync(join(dirname(bundle), "dist", "index.js"), "utf8");

// The end of an object literal; braces inside its texts do not count.
function endOf(start) {
  let depth = 0;
  for (let place = start; place < text.length; place++) {
    const sign = text[place];
    if (sign === "`" || sign === '"' || sign === "'") {
      for (place++; text[place] !== sign; place++) if (text[place] === "\\") place++;
    } else if (sign === "{") depth++;
    else if (sign === "}" && --depth === 0) return place + 1;
  }
  throw new Error("an object literal has no end");
}

const found = {};
for (let at = text.indexOf(START); at >= 0; at = text.indexOf(START, at + 1)) {
  const schema = runInNewContext(`(${text.slice(at, endOf(at))})`);
  found[schema.$defs.DiscoverResult ? "2026-07-28" : "2025-11-25"] = schema;
}
process.stdout.write(JSON.stringify(found));
