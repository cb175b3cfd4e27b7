// The README's pictures, from a demo: screenshots.mjs ORIGIN EMAIL PASSWORD SLUG FOLDER
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
for (const [name, path] of [["overview", "overview"], ["privacy", "privacy"], ["audit", "audit"]]) {
    await page.goto(`${origin}/w/${slug}/${path}`);
    if (name === "overview") await page.getByText("Live", { exact: true }).waitFor();
    await page.screenshot({ path: join(folder, `${name}.png`) });
}
await browser.close();
