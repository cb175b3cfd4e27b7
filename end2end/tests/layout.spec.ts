// Every page keeps its shape: on a phone, a tablet and a desk, at 200 % zoom, with high contrast, and whatever names are
// in it: long ones, right-to-left ones, none, and ten thousand.
import { pages } from "../pages.mjs";
import { expect, test } from "./fixture";
import { iphone, type Server } from "./server";

const LONG = "Wolfeschlegelsteinhausenbergerdorff-Extraordinaire-International-Games-Ltd-Berlin"; // 80 and one: cut below
const NAMES = {
    long: LONG.slice(0, 80),
    words: "The quite remarkably long name of a studio that likes to be called by all of it",
    arabic: "متجر الألعاب الشمالي للهواتف المحمولة",
    hebrew: "סטודיו משחקים צפוני",
};

/** Puts the names where people and senders can put them; answers who is signed in by which e-mail, and an input's id. */
async function fill(server: Server, workspace: string, slug: string, other: string): Promise<{ email: string; input: string }> {
    server.run(["workspace", "add", "--name", workspace, "--slug", slug, "--json"]);
    const email = `ada@${slug}.example`;
    server.run(["user", "add", "--email", email, "--name", other, "--operator", "--password-stdin"], "plum orbit cactus 41");
    server.run(["member", "set", "--workspace", slug, "--email", email, "--role", "compliance_admin"]);
    server.run(["token", "add", "--workspace", slug, "--name", other, "--role", "auditor", "--json"]);
    const input = JSON.parse(server.run(["input", "add", "--workspace", slug, "--name", other, "--app", `com.${"y".repeat(200)}`, "--json"]));
    const batch = iphone(0, "authorized") as { application_info: object; device_info: object };
    batch.application_info = { package: `com.${"x".repeat(200)}`, application_name: other, application_version: "4".repeat(100) };
    await server.send(input, batch);
    return { email, input: input.id };
}

const VIEWS = [
    { name: "a phone", width: 360, names: ["arabic", "long"] },
    { name: "a tablet", width: 768, names: ["long", "arabic"] },
    { name: "a desk", width: 1280, names: ["words", "long"] },
    // What a browser lays out at 200 %: half the width, at twice the pixels.
    { name: "a desk at 200 %", width: 640, scale: 2, names: ["hebrew", "long"] },
    { name: "high contrast", width: 1280, contrast: true, names: ["long", "hebrew"] },
] as const;

for (const { name, width, names, ...view } of VIEWS) {
    test(`no page breaks: ${name}`, async ({ server, signedIn }) => {
        test.setTimeout(120_000);
        const slug = `l${width}-${names[0]}`;
        const { email, input } = await fill(server, NAMES[names[0]], slug, NAMES[names[1]]);
        const contrast = "contrast" in view;
        const page = await signedIn(email, {
            viewport: { width, height: 900 },
            deviceScaleFactor: "scale" in view ? view.scale : 1,
            forcedColors: contrast ? "active" : "none",
            contrast: contrast ? "more" : "no-preference",
            colorScheme: contrast ? "dark" : "light",
        });
        const look = async (path: string) => {
            const wider = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
            expect(wider, `${path} is wider than its page`).toBe(0);
            // What can be pressed is not under something else, and not outside.
            const lost = await page.evaluate(() => {
                const shown = [...document.querySelectorAll<HTMLElement>("main button, main a[href], main input:not([type=hidden]), main select")];
                const out = shown.filter((element) => {
                    const box = element.getBoundingClientRect();
                    if (box.width === 0 || !element.checkVisibility({ visibilityProperty: true }) || element.closest(".scroll, .hidden")) return false;
                    return box.left < -1 || box.right > document.documentElement.clientWidth + 1;
                });
                return out.map((element) => element.outerHTML.slice(0, 80));
            });
            expect(lost, path).toEqual([]);
        };
        await page.goto(`${server.origin}/people`);
        const [, person] = (await page.content()).match(/\/people\/([0-9a-z]{13})/)!;
        for (const { path, address } of pages({ workspace: slug, input, person }).filter(({ needs }) => needs !== "Nothing")) {
            await page.goto(server.origin + address);
            expect(new URL(page.url()).pathname, path).toBe(address);
            await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
            await look(path);
            const days = page.locator("[popovertarget=own-days]");
            if ((await days.count()) > 0) {
                await days.click();
                await look(`${path}, days of one's own`);
            }
        }
        await page.goto(`${server.origin}/w/${slug}/inputs`);
        if (width >= 1280) {
            const table = page.getByRole("group", { name: "Inputs" });
            expect(await table.evaluate((region) => region.scrollWidth - region.clientWidth), "every column is in sight").toBe(0);
        }
        await page.getByRole("main").getByRole("link", { name: NAMES[names[1]] }).click();
        await page.getByRole("button", { name: "Show samples" }).click();
        await page.locator("details").first().evaluate((details: HTMLDetailsElement) => (details.open = true));
        await look("samples");
    });
}

test("of ten thousand bundle ids a thousand are apps, which are found and hold nothing up", async ({ server, signedIn }) => {
    test.setTimeout(180_000);
    const slug = server.workspace("Many");
    const input = server.input(slug);
    for (let hundred = 0; hundred < 100; hundred++) {
        const batches = Array.from({ length: 100 }, (_, n) => {
            const number = String(hundred * 100 + n).padStart(5, "0");
            return { application_info: { package: `com.many.app${number}` }, device_info: { ios_idfv: `idfv-${number}`, att_authorization_status: "denied" } };
        });
        await server.sendMany(input, batches);
    }
    const page = await signedIn(server.member(slug, "Ada", "compliance_admin"));
    await expect(page.getByText("10,000 Apple profiles, and")).toBeVisible();
    await expect(page.getByText("951 smaller ones")).toBeVisible();
    // All further ones are one app, the largest.
    await expect(page.getByRole("row", { name: /Other apps/ })).toContainText("9,000");
    await page.getByRole("link", { name: "Privacy settings" }).click();
    await expect(page.getByRole("heading", { name: "Privacy settings" })).toBeVisible();
    await page.getByRole("link", { name: "Apps", exact: true }).click();
    await expect(page.getByText("1 to 100 of 1,001 apps")).toBeVisible();
    await page.getByRole("link", { name: "Next" }).click();
    await expect(page.getByText("101 to 200 of 1,001 apps")).toBeVisible();
    await page.getByLabel("Find apps").fill("APP00777");
    await page.getByRole("button", { name: "Find" }).click();
    await expect(page.getByText("1 to 1 of 1 matches, of 1,001 apps")).toBeVisible();
    await page.getByRole("link", { name: "View figures" }).click();
    await expect(page.getByText("1 Apple profile, and")).toBeVisible();
});
