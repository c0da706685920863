// Graphviz draws the graph of references: each object has its box with its name, whatever the name
// is, and each reference its line.
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { instance } from "@viz-js/viz";

const [gatewright, work] = process.argv.slice(2);
const folder = join(work, "pictures");
mkdirSync(join(folder, "policies"), { recursive: true });
const names = [
  "CA-Pilot", "\"]; evil [label=\"x", "back\\", "\\N \\G \\\"", "<b>bold</b>", "&lt; &amp; &#35;", "# head",
  "{a|b}", "日本語 ünï", "a -> b;", "line // comment", "/* x", "%%", "$$x$$", "end", "1. a list",
];
const quoted = (value) => JSON.stringify(value);
const groups = names.map((name) => `---\nkind: Group\ndisplayName: ${quoted(name)}\n`).join("");
writeFileSync(join(folder, "gatewright.yaml"), "version: 1\nmanifests: [policies]\ntenants:\n  sandbox: { default: true, sandbox: .gatewright/sandbox.json }\n");
writeFileSync(join(folder, "policies", "all.yaml"), `${groups}---
kind: ConditionalAccessPolicy
displayName: P
state: enabled
conditions:
  users: { includeUsers: [All], excludeGroups: ${quoted(names)} }
  applications: { includeApplications: [All] }
grantControls: { operator: OR, builtInControls: [mfa] }
`);
const dot = execFileSync(gatewright, ["-C", folder, "uses", "--format", "dot"], { encoding: "utf8" });
const viz = await instance();
const drawn = viz.render(dot, { format: "svg" });
if (drawn.status !== "success") throw new Error(JSON.stringify(drawn.errors));
const entity = { lt: "<", gt: ">", amp: "&", quot: "\"" };
const plain = (text) =>
  text.replace(/&(?:#(\d+)|#x([0-9a-f]+)|(\w+));/gi, (_, ten, sixteen, name) =>
    name ? entity[name] : String.fromCodePoint(ten ? Number(ten) : parseInt(sixteen, 16)));
const texts = [...drawn.output.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => plain(text).replaceAll("\u00a0", " "));
for (const name of names) {
  if (!texts.includes(name)) throw new Error(`no box is called ${quoted(name)}: ${quoted(texts)}`);
}
const count = (what) => drawn.output.split(`class="${what}"`).length - 1;
// The policy, its groups, and all users and all resources.
if (count("node") !== names.length + 3 || count("edge") !== names.length + 2) {
  throw new Error(`${count("node")} boxes and ${count("edge")} lines`);
}
console.log(`Graphviz draws ${count("node")} objects and ${count("edge")} references, each by its name`);
