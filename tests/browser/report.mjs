// Opens reports in a real browser: no request, no error, usable by keyboard, readable by assistive
// technology, whole on paper. Usage: node report.mjs GATEWRIGHT PROJECT WORK [PICTURES]
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";
import axe from "axe-core";

const [gatewright, project, work, pictures] = process.argv.slice(2);

function check(holds, words) {
  if (!holds) throw new Error(words);
}

function report(name, ...flags) {
  const file = join(work, `${name}.html`);
  execFileSync(gatewright, ["-C", project, "report", "--force", "-o", file, ...flags], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  return file;
}

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM,
  args: ["--no-sandbox"],
});

async function open(file, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1400, height: 1000 }, ...options });
  const page = await context.newPage();
  const told = [];
  page.on("console", (message) => told.push(`${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => told.push(`error: ${error.message}`));
  const asked = [];
  page.on("request", (request) => asked.push(request.url()));
  const url = pathToFileURL(file).href;
  await page.goto(url);
  await page.waitForLoadState("load");
  return { context, page, told, asked, url };
}

const names = (page) => page.$$eval("article.card h3 bdi", (all) => all.map((one) => one.textContent));

async function whole(file, what) {
  for (const colorScheme of ["light", "dark"]) {
    const { context, page, told, asked, url } = await open(file, { colorScheme });
    check(asked.every((one) => one === url), `${what}: the page asked for ${asked}`);
    check(told.length === 0, `${what}: the console says ${told}`);
    // The page's own rule refuses the checker as well: it runs beside the page.
    await page.addInitScript({ content: axe.source });
    const checked = await browser.newContext({ bypassCSP: true, colorScheme });
    const beside = await checked.newPage();
    await beside.goto(url);
    await beside.addScriptTag({ content: axe.source });
    const found = await beside.evaluate(() => globalThis.axe.run(document));
    const faults = found.violations.map(
      (one) => `${one.id}: ${one.nodes.slice(0, 3).map((node) => node.html).join(" | ")}`,
    );
    check(faults.length === 0, `${what}, ${colorScheme}: ${faults.join("\n")}`);
    await checked.close();
    await context.close();
  }
  // On a narrow screen nothing but tables is wider than it.
  const narrow = await open(file, { viewport: { width: 360, height: 800 } });
  const width = await narrow.page.evaluate(() => document.documentElement.scrollWidth);
  check(width <= 360, `${what}: ${width} pixels wide on a screen of 360`);
  await narrow.context.close();
}

async function byKeyboard(file) {
  const { context, page } = await open(file);
  const all = await names(page);
  const wanted = all[0].split(/\s+/).pop().toLowerCase();
  await page.focus("#filter-text");
  await page.keyboard.type(wanted);
  const shown = await page.$$eval("article.card", (cards) => cards.filter((card) => !card.hidden).length);
  check(shown >= 1 && shown < all.length, `the filter ${wanted} shows ${shown} of ${all.length}`);
  check((await page.textContent("#filter-count")).startsWith(`${shown} of `), "the count is told");
  // On paper everything is there all the same.
  const paper = await page.pdf({ format: "A4", landscape: true });
  check(paper.length > 10_000, "the PDF is empty");
  await page.emulateMedia({ media: "print" });
  const printed = await page.$$eval("article.card", (cards) =>
    cards.filter((card) => getComputedStyle(card).display !== "none").length,
  );
  check(printed === all.length, `${printed} of ${all.length} policies are printed`);
  await page.emulateMedia({ media: "screen" });
  await page.keyboard.press("Control+A");
  await page.keyboard.press("Delete");
  // From the filter to the states: a space takes one away.
  await page.keyboard.press("Tab");
  await page.keyboard.press("Space");
  const rest = await page.$$eval("article.card", (cards) => cards.filter((card) => !card.hidden).length);
  check(rest < all.length, "a state can be left out by keyboard");
  await page.keyboard.press("Space");
  // To the first heading of the table of policies, and sort by it twice.
  const order = () => page.$$eval("#policy-table tbody th", (cells) => cells.map((cell) => cell.textContent.trim()));
  await page.focus("#policy-table thead button");
  await page.keyboard.press("Enter");
  const up = await order();
  await page.keyboard.press("Enter");
  const down = await order();
  check(up.length === all.length && up.join() === [...down].reverse().join(), "sorting turns the order around");
  check((await page.getAttribute("#policy-table thead th", "aria-sort")) === "descending", "the order is told");
  // A link to a policy that the filter hides shows it.
  await page.focus("#filter-text");
  await page.keyboard.type("nothing has this");
  await page.evaluate(() => { location.hash = document.querySelector("article.card").id; });
  await page.waitForFunction(() => !document.querySelector("article.card").hidden);
  await context.close();
}

async function onPaper(file) {
  const { context, page } = await open(file);
  const all = await names(page);
  const path = join(work, "report.pdf");
  writeFileSync(path, await page.pdf({ format: "A4", landscape: true }));
  const text = execFileSync("pdftotext", ["-layout", path, "-"], { encoding: "utf8", maxBuffer: 1 << 28 });
  // Lines of the paper break where they must.
  const joined = text.replace(/\s+/g, "");
  for (const name of all) {
    check(joined.includes(name.replace(/\s+/g, "")), `${name} is not in the PDF`);
  }
  await context.close();
}

async function picture(file, name, options, clip) {
  const { context, page } = await open(file, options);
  await page.screenshot({ path: join(pictures, name), ...clip });
  await context.close();
}

try {
  const file = report("report", "--note", "A note");
  await whole(file, "the report");
  await byKeyboard(file);
  await onPaper(file);
  const masked = report("masked", "--mask");
  await whole(masked, "the masked report");
  execFileSync(gatewright, ["-C", project, "plan", "--out", join(work, "change.json")], { stdio: "ignore" });
  const change = report("change", "--plan", join(work, "change.json"), "--people");
  await whole(change, "the report of a change");
  if (pictures) {
    mkdirSync(pictures, { recursive: true });
    const size = { viewport: { width: 1280, height: 860 } };
    await picture(file, "report-light.png", { ...size, colorScheme: "light" }, {});
    await picture(file, "report-dark.png", { ...size, colorScheme: "dark" }, {});
    await picture(change, "change-light.png", { ...size, colorScheme: "light" }, {});
  }
  console.log("reports: no request, no error, by keyboard, axe, on paper");
} finally {
  await browser.close();
}
