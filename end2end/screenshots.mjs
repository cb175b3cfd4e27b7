// The README's picture, from a demo: screenshots.mjs ORIGIN EMAIL PASSWORD SLUG FOLDER
import { join } from "node:path";
import { chromium } from "@playwright/test";

const [origin, email, password, slug, folder] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath: process.env.ATTEST_CHROMIUM || "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu"] });
const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, colorScheme: "light", reducedMotion: "reduce" });
const page = await context.newPage();
await page.goto(`${origin}/sign-in`);
await page.getByLabel("E-mail").fill(email);
await page.getByLabel("Password").fill(password);
await page.getByRole("button", { name: "Sign in" }).click();
await page.goto(`${origin}/w/${slug}/overview`);
await page.getByText("Live", { exact: true }).waitFor();
await page.screenshot({ path: join(folder, "overview.png") });
await browser.close();
