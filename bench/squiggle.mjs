// Runs a Squiggle model: prints the seconds from its text to its result, then the result as JSON.
// usage: node squiggle.mjs PACKAGE_FOLDER MODEL SAMPLES
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [folder, model, samples] = process.argv.slice(2);
const entry = join(resolve(folder), "node_modules/@quri/squiggle-lang/dist/index.js");
const { run } = await import(pathToFileURL(entry));
const code = readFileSync(model, "utf8");

const start = process.hrtime.bigint();
const output = await run(code, {
  environment: { sampleCount: Number(samples), xyPointLength: 1000 },
});
const seconds = Number(process.hrtime.bigint() - start) / 1e9;
const result = output.result ?? output.getResult?.() ?? output;
if (result.ok === false) {
  console.error(String(result.value));
  process.exit(1);
}
console.log(seconds.toFixed(6));
console.log(JSON.stringify(result.value.result.asJS()));
