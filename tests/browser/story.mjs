// The stories: each command is the program itself, and it opens the browser itself (BROWSER).
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const [gatewright, url, work, repository] = process.argv.slice(2);
const here = dirname(fileURLToPath(import.meta.url));
const TENANT = "6f1d2c3b-8a47-4e5d-9b60-31c7f0a2d58e";
const saw = join(work, "saw.json");

// What the program starts as the system's browser.
const opens = join(work, "opens");
writeFileSync(opens, `#!/bin/sh\nexec "${process.execPath}" "${join(here, "person.mjs")}" "$1" </dev/null >"${join(work, "person.log")}" 2>&1 &\n`);
chmodSync(opens, 0o755);

const clean = join(work, "home");
mkdirSync(clean);
const bin = join(work, "bin");
mkdirSync(bin);
writeFileSync(join(bin, "gatewright"), `#!/bin/sh\nexec "${gatewright}" "$@"\n`);
chmodSync(join(bin, "gatewright"), 0o755);

const environment = (more) => ({
  PATH: `${bin}:/usr/local/bin:/usr/bin:/bin`,
  HOME: clean,
  NO_COLOR: "1",
  BROWSER: opens,
  CHROMIUM: process.env.CHROMIUM,
  LOGIN: "AdeleV@contoso.com",
  PRESS: "accept",
  SAW: saw,
  ...more,
});

/** Runs a program; `hears` gets each piece of stderr. */
function run(program, args, cwd, more = {}, hears = () => {}) {
  rmSync(saw, { force: true });
  return new Promise((done, failed) => {
    const child = spawn(program, args, { cwd, env: environment(more), stdio: ["ignore", "pipe", "pipe"] });
    let [stdout, stderr] = ["", ""];
    child.stdout.on("data", (piece) => (stdout += piece));
    child.stderr.on("data", (piece) => {
      stderr += piece;
      hears(stderr);
    });
    child.on("error", failed);
    child.on("close", (code) => done({ code, stdout, stderr }));
  });
}

/** What the person saw at the end. */
async function seen() {
  for (let i = 0; i < 300 && !existsSync(saw); i++) await new Promise((go) => setTimeout(go, 100));
  const found = JSON.parse(readFileSync(saw, "utf8"));
  assert.equal(found.error, undefined, JSON.stringify(found));
  return found;
}

/** No token is in any file. */
function holdsNoToken(folder) {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) holdsNoToken(path);
    else assert(!readFileSync(path, "latin1").includes("eyJ"), `${path} holds a token`);
  }
}

function project(name, method) {
  const folder = join(work, name);
  mkdirSync(join(folder, "policies"), { recursive: true });
  writeFileSync(join(folder, "policies/pilot.yaml"), "kind: Group\ndisplayName: Sales\n");
  const entry = `tenantId: ${TENANT}\n    loginEndpoint: ${url}\n    graphEndpoint: ${url}\n    auth: { method: ${method} }`;
  writeFileSync(join(folder, "gatewright.yaml"), `version: 1\nmanifests: [policies]\ntenants:\n  prod:\n    ${entry}\n`);
  return folder;
}

const story = async (name, tell) => {
  const began = Date.now();
  await tell();
  console.log(`${name}: ${((Date.now() - began) / 1000).toFixed(1)} s`);
};

// What the tenant has.
const policy = (id, displayName, state) => ({
  id, displayName, state,
  conditions: { users: { includeUsers: ["All"] }, applications: { includeApplications: ["All"] } },
  grantControls: { operator: "OR", builtInControls: ["mfa"] },
});
const seeded = await fetch(`${url}/_sandbox/seed`, {
  method: "POST",
  body: JSON.stringify([
    policy("aaaaaaaa-0000-4000-8000-000000000001", "Require multifactor authentication", "enabled"),
    policy("aaaaaaaa-0000-4000-8000-000000000002", "Pilot", "enabledForReportingButNotEnforced"),
  ]),
});
assert(seeded.ok, await seeded.text());

await story("a person signs in with the system's browser", async () => {
  const folder = project("browser", "browser");
  const done = await run(gatewright, ["plan"], folder);
  const { title, end, text } = await seen();
  assert.equal(done.code, 0, done.stderr);
  assert.match(done.stderr, /Your browser opens the sign-in page/);
  assert(title.length > 0);
  assert.match(end, /^http:\/\/localhost:\d+\/\?/);
  assert.match(text, /close this page/);
  assert(!done.stdout.includes("eyJ") && !done.stderr.includes("eyJ"));
  holdsNoToken(folder);
  holdsNoToken(clean);
});

await story("a person who cancels is told of", async () => {
  const done = await run(gatewright, ["plan"], project("cancelled", "browser"), { PRESS: "cancel" });
  const { text } = await seen();
  assert.equal(done.code, 1, done.stderr);
  assert.match(text, /did not succeed/);
  assert.match(done.stderr, /cannot sign in/);
});

/** Types the code that the program shows. */
function atAnotherDevice(more) {
  let begun = false;
  return (stderr) => {
    const shown = /open (http\S+) on any device and enter the code (\S+) /.exec(stderr);
    if (begun || !shown) return;
    begun = true;
    const env = environment({ ...more, CODE: shown[2] });
    spawn(process.execPath, [join(here, "person.mjs"), shown[1]], { env, stdio: "ignore" });
  };
}

await story("a person types the code on another device", async () => {
  const folder = project("device", "deviceCode");
  const done = await run(gatewright, ["plan"], folder, { BROWSER: "" }, atAnotherDevice({}));
  const { text } = await seen();
  assert.equal(done.code, 0, done.stderr);
  assert.match(text, /close this page/);
  holdsNoToken(folder);
});

await story("a code that is turned down ends the wait", async () => {
  const folder = project("turned-down", "deviceCode");
  const done = await run(gatewright, ["plan"], folder, { BROWSER: "" }, atAnotherDevice({ PRESS: "cancel" }));
  assert.equal(done.code, 1, done.stderr);
  assert.match(done.stderr, /cannot sign in/);
});

// The document's commands in their order, in a clean home folder. What differs: the tenant is the
// sandbox, so its id and its two addresses stand in the entry.
await story("docs/first-contact.md to the letter", async () => {
  const text = readFileSync(join(repository, "docs/first-contact.md"), "utf8");
  const blocks = [...text.matchAll(/```(\w+)\n([\s\S]*?)```/g)].map(([, language, body]) => [language, body]);
  let folder = clean;
  let ran = 0;
  for (const [language, body] of blocks) {
    if (language === "yaml") {
      const [, name, rest] = /^# (\S+)\n([\s\S]*)$/.exec(body);
      const own = rest.replace(/tenantId: \S+/, `tenantId: ${TENANT}\n    loginEndpoint: ${url}\n    graphEndpoint: ${url}`);
      assert.notEqual(own, rest);
      writeFileSync(join(folder, name), own);
    }
    if (language !== "bash") continue;
    for (const line of body.trim().split("\n")) {
      if (line.startsWith("cd ")) {
        folder = join(folder, line.slice(3));
        continue;
      }
      const done = await run("bash", ["-c", line], folder);
      assert.equal(done.code, 0, `${line}\n${done.stdout}${done.stderr}`);
      if (done.stderr.includes("Your browser")) assert.match((await seen()).text, /close this page/);
      if (line.startsWith("gatewright plan")) assert.match(done.stdout, /No changes|nothing to do/i, done.stdout);
      ran += 1;
    }
  }
  assert.equal(ran, 6);
  const report = JSON.parse(readFileSync(join(folder, "report.json"), "utf8"));
  const answers = Object.fromEntries(report.probes.map((probe) => [probe.id, probe.answer]));
  assert.equal(answers.token, "delegated");
  assert.deepEqual(answers.permissions.plan, []);
  assert.match(readFileSync(join(folder, "setup.sh"), "utf8"), /federated-credential/);
  holdsNoToken(clean);
});
