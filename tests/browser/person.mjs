// Somebody at a browser: opens a page, fills in what is asked for, presses a button, and says what
// the last page told. Usage: node person.mjs ADDRESS; what to do is in the environment: LOGIN,
// PRESS (accept or cancel), CODE for a device, SAW for the file that gets what was seen.
import { writeFileSync } from "node:fs";
import { chromium } from "playwright-core";

const { CHROMIUM, LOGIN, PRESS, CODE, SAW } = process.env;
const saw = { address: process.argv[2] };
const browser = await chromium.launch({
  executablePath: CHROMIUM,
  args: ["--no-sandbox", "--disable-dev-shm-usage", "--no-proxy-server"],
});
try {
  const page = await browser.newPage();
  page.setDefaultTimeout(30_000);
  await page.goto(process.argv[2]);
  saw.title = await page.title();
  if (CODE) await page.fill("#otc", CODE);
  await page.fill("#login", LOGIN);
  const answered = page.waitForResponse((response) => response.request().isNavigationRequest() && response.status() < 300);
  await page.click(`#${PRESS}`);
  await answered;
  await page.waitForLoadState();
  saw.end = page.url();
  saw.text = await page.innerText("body");
} catch (error) {
  saw.error = String(error);
} finally {
  await browser.close();
}
writeFileSync(SAW, JSON.stringify(saw));
