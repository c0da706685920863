// Every schema compiles with ajv, a validator that is not ours, in strict mode: nothing in it is
// unknown or without effect but the keywords of editors.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import Ajv2020 from "ajv/dist/2020.js";

const folder = process.argv[2];
const files = readdirSync(folder).filter((name) => name.endsWith(".json"));
if (files.length < 20) throw new Error(`only ${files.length} schemas in ${folder}`);
for (const name of files) {
  const ajv = new Ajv2020({ strict: true, strictRequired: false, allowUnionTypes: true, allErrors: true });
  // What the YAML extension of editors reads: docs/formats.md.
  ajv.addVocabulary(["markdownDescription", "markdownEnumDescriptions", "doNotSuggest"]);
  try {
    const validate = ajv.compile(JSON.parse(readFileSync(join(folder, name), "utf8")));
    // A file of comments alone is right: `init` writes one.
    if (name === "guards.schema.json" && !validate(null)) throw new Error("refuses null");
  } catch (error) {
    throw new Error(`${name}: ${error.message}`);
  }
}
console.log(`ajv compiles ${files.length} schemas in strict mode`);
