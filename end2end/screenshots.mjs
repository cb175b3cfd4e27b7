// Pictures from a demo: screenshots.mjs ORIGIN EMAIL PASSWORD SLUG README-FOLDER PAGES-FOLDER
// The README's picture goes to the first folder; every page, light and dark, at the width of a desk and of a phone to the second.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "@playwright/test";
import { pages } from "./pages.mjs";

const [origin, email, password, slug, readme, folder] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath: process.env.ATTEST_CHROMIUM || "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu"] });

/** A page of a new browser of this width and theme. */
async function window(width, colorScheme) {
    const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme, reducedMotion: "reduce" });
    return context.newPage();
}

mkdirSync(folder, { recursive: true });
for (const [width, theme] of [[1280, "light"], [1280, "dark"], [360, "light"], [360, "dark"]]) {
    const [visitor, page] = [await window(width, theme), await window(width, theme)];
    await page.goto(`${origin}/sign-in`);
    await page.getByLabel("E-mail").fill(email);
    await page.getByLabel("Password").fill(password);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.goto(`${origin}/w/${slug}/inputs`);
    const [, input] = (await page.content()).match(new RegExp(`/w/${slug}/inputs/([0-9a-z]{13})`));
    await page.goto(`${origin}/people`);
    const [, person] = (await page.content()).match(/\/people\/([0-9a-z]{13})/);
    for (const { path, address, needs } of pages({ workspace: slug, input, person })) {
        const of = needs === "Nothing" ? visitor : page;
        const answer = await of.goto(origin + address);
        if (answer.status() !== 200 || new URL(of.url()).pathname !== address) throw new Error(`${path} led to ${of.url()} with ${answer.status()}`);
        const name = path.replace("/w/{workspace}", "").replace(/\W+/g, " ").trim().replaceAll(" ", "-");
        await of.screenshot({ path: join(folder, `${name}-${width}-${theme}.png`), fullPage: true });
    }
    if (width === 1280 && theme === "light") {
        await page.goto(`${origin}/w/${slug}/overview`);
        await page.getByText("Live", { exact: true }).waitFor();
        await page.screenshot({ path: join(readme, "overview.png") });
    }
}
await browser.close();
