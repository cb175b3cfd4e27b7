// axe (WCAG 2.2 AA) on every page: light at a desk, dark on a phone. Shapes at other widths are layout.spec.ts's.
import AxeBuilder from "@axe-core/playwright";
import { BY_LINK, pages } from "../pages.mjs";
import { expect, test } from "./fixture";
import { code } from "./code";
import { iphone, PASSWORD } from "./server";

const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

for (const [colorScheme, width] of [["light", 1280], ["dark", 360]] as const) {
    test.describe(`${colorScheme}, ${width} px`, () => {
        test.use({ expected: [404, 403, 422] });
        // Some twenty states of pages, each looked at whole.
        test.setTimeout(240_000);

        test("every page", async ({ server, signedIn, browser }) => {
            const slug = server.workspace(`Axe ${colorScheme} ${width}`);
            const input = server.input(slug);
            for (const [n, status] of [null, "authorized", "denied", "restricted", "not_determined"].entries()) {
                await server.send(input, iphone(n, status));
            }
            const view = { colorScheme, viewport: { width, height: 900 } };
            const page = await signedIn(server.member(slug, "Ada", "compliance_admin"), view);
            const check = async (name: string, of = page) => {
                const found = await new AxeBuilder({ page: of }).withTags(RULES).analyze();
                const told = found.violations.map((violation) => `${violation.id}: ${violation.nodes.map((node) => node.html).join(" | ")}`);
                expect(told, name).toEqual([]);
                const wider = await of.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
                expect(wider, `${name} is wider than its page`).toBe(false);
            };
            const ann = server.member(slug, "Ann", "analyst");
            const at = (path: string) => page.goto(`${server.origin}/w/${slug}/${path}`);
            await at("overview");
            await expect(page.getByRole("status")).toHaveText("Live");
            const figures = page.getByRole("group", { name: "Figures by status" });
            expect(await figures.evaluate((region) => region.scrollWidth - region.clientWidth), "every figure is in sight").toBe(0);
            await check("overview");
            for (const view of ["", "/over-time", "/by", "/flow", "/quality", "/releases", "/explore?unit=devices&country=DE&os_version=18.1"]) {
                await at(`metrics${view}`);
                await page.locator("main details.figures").evaluateAll((all: HTMLDetailsElement[]) => all.forEach((one) => (one.open = true)));
                await check(`metrics${view}`);
            }
            await at("metrics/over-time?from=2020-01-01&to=2020-01-02");
            await check("days that cannot be shown");
            await at("overview?environment=development");
            await check("empty overview");
            await at("privacy");
            for (const choice of ["authorized", "denied", "none"]) {
                await page.locator(`#choice-${choice}`).check({ force: true });
                await check(`privacy, ${choice}`);
            }
            await page.locator("#choice-denied").check({ force: true });
            await page.getByRole("button", { name: "Set default to Denied" }).click();
            await check("privacy with a fault");
            await page.locator("#reason").fill("because");
            await page.getByRole("button", { name: "Set default to Denied" }).click();
            await check("privacy, saved");
            await at("audit");
            await page.locator("details").last().evaluate((details: HTMLDetailsElement) => (details.open = true));
            await check("audit");
            await at("profiles");
            await page.locator("#value").fill("user-1");
            await page.getByRole("button", { name: "Look up" }).click();
            await check("a profile");
            await at("inputs");
            await page.getByLabel("Name").fill("Second");
            await page.getByRole("button", { name: "Create input" }).click();
            await check("an input's secret");
            await at("inputs");
            await page.getByRole("link", { name: "Second" }).click();
            await page.getByRole("textbox", { name: /Requests per second/ }).fill("many");
            await page.getByRole("button", { name: "Save limit" }).click();
            await check("an input with a fault");
            await at("inputs");
            await page.getByRole("link", { name: "Backend" }).click();
            await page.getByRole("button", { name: "Show samples" }).click();
            await page.locator("details").last().evaluate((details: HTMLDetailsElement) => (details.open = true));
            await check("samples");
            await at("tokens");
            await page.getByLabel("Name").fill("Report");
            await page.getByRole("button", { name: "Create token" }).click();
            await check("a token, shown once");
            await at("members");
            await page.locator("details.change").first().evaluate((details: HTMLDetailsElement) => (details.open = true));
            await check("members");
            await page.getByLabel("E-mail").fill(`new@${slug}.example`);
            await page.getByRole("button", { name: "Create invitation link" }).click();
            await check("an invitation, shown once");
            const invitation = await page.getByRole("status").locator("pre").innerText();
            await at("nowhere");
            await check("404");
            const analyst = await signedIn(ann, view);
            await check("overview of an analyst", analyst);
            await analyst.goto(`${server.origin}/w/${slug}/privacy`);
            await check("privacy of an analyst", analyst);
            const operator = await signedIn(server.operator(`olga-${colorScheme}-${width}`), view);
            await check("no workspace", operator);
            const context = await browser.newContext({ ...view });
            const visitor = await context.newPage();
            const whoever: Record<string, typeof page> = { Nothing: visitor, SignedIn: page, Role: page, Operator: operator };
            await operator.goto(`${server.origin}/people`);
            const [, person] = (await operator.content()).match(/\/people\/([0-9a-z]{13})/)!;
            for (const { path, address, needs } of pages({ workspace: slug, input: input.id, person })) {
                const of = whoever[needs];
                const answer = await of.goto(server.origin + address);
                expect([answer?.status(), new URL(of.url()).pathname], path).toEqual([200, address]);
                await check(path, of);
            }
            const links: Record<string, string> = { "/set-up": server.setUpLink!, "/invitation": invitation };
            for (const path of BY_LINK) {
                await visitor.goto(links[path]);
                await check(path, visitor);
            }
            await page.goto(`${server.origin}/account/second-factor`);
            await page.getByRole("button", { name: "Set up" }).click();
            await check("a key for an authenticator app");
            const key = await page.locator("pre.copy").innerText();
            await page.getByRole("textbox", { name: "Code" }).fill("000000");
            await page.getByRole("button", { name: "Turn on" }).click();
            await check("a wrong first code");
            await page.getByRole("textbox", { name: "Code" }).fill(code(key));
            await page.getByRole("button", { name: "Turn on" }).click();
            await check("recovery codes, shown once");
            await page.goto(`${server.origin}/account/second-factor`);
            await check("two-factor authentication that is on");
            await visitor.goto(`${server.origin}/sign-in`);
            await visitor.getByLabel("E-mail").fill(`ada@${slug}.example`);
            await visitor.getByLabel("Password").fill(PASSWORD);
            await visitor.getByRole("button", { name: "Sign in" }).click();
            await check("a code at sign-in", visitor);
            await visitor.goto(`${server.origin}/set-up?token=x`);
            await check("a dead link", visitor);
            await context.close();
        });
    });
}
