// Metrics: read by pointer and keys, chosen by dragging, and the same without script.
import { expect, test } from "./fixture";
import { iphone } from "./server";

test("the line is read by pointer and by the arrow keys, and a span is chosen by dragging", async ({ server, signedIn }) => {
    const slug = server.workspace("Lines");
    const input = server.input(slug);
    for (const [n, status] of ["authorized", "denied", "denied"].entries()) await server.send(input, iphone(n, status));
    const page = await signedIn(server.member(slug, "Ada", "compliance_admin"));
    await page.goto(`${server.origin}/w/${slug}/metrics/over-time?days=7`);
    const chart = page.locator(".chart.lines.wide");
    const card = chart.locator(".tooltip");
    await expect(card).toBeHidden();
    const area = (await chart.boundingBox())!;
    await page.mouse.move(area.x + area.width - 30, area.y + 100);
    await expect(card).toBeVisible();
    await expect(card).toContainText("33.3%");
    await expect(card).toContainText("1 of 3");
    await chart.focus();
    await page.keyboard.press("Escape");
    await expect(card).toBeHidden();
    await page.keyboard.press("End");
    await expect(card).toContainText("33.3%");
    await expect(page.locator("[aria-live=polite]")).toContainText("1 of 3");
    await page.mouse.move(area.x + area.width * 0.5, area.y + 100);
    await page.mouse.down();
    await page.mouse.move(area.x + area.width * 0.99, area.y + 100, { steps: 5 });
    await page.mouse.up();
    await expect(page).toHaveURL(/from=\d{4}-\d\d-\d\d&to=\d{4}-\d\d-\d\d/);
    await expect(page.locator("[popovertarget=own-days] [aria-current=true]")).toBeVisible();
    await expect(page.locator("#rate-table tbody tr")).toHaveCount(4);
});

test("filters act at once, show as chips that can be taken away, and have a button without script", async ({ server, signedIn }) => {
    const slug = server.workspace("Chips");
    const email = server.member(slug, "Ada", "compliance_admin");
    await server.send(server.input(slug), iphone(0, "denied"));
    const page = await signedIn(email);
    await page.goto(`${server.origin}/w/${slug}/metrics/by`);
    await page.getByLabel("What is counted").selectOption("devices");
    await expect(page).toHaveURL(/unit=devices/);
    await expect(page).toHaveTitle(/Metrics: Breakdown by app, Devices/);
    await page.getByRole("link", { name: "Remove filter Devices" }).click();
    await expect(page).not.toHaveURL(/unit=devices/);
    await page.getByRole("link", { name: "App version", exact: true }).first().click();
    await expect(page).toHaveURL(/by=app_version/);
    const plain = await signedIn(email, { javaScriptEnabled: false });
    await plain.goto(`${server.origin}/w/${slug}/metrics/by`);
    await plain.getByLabel("What is counted").selectOption("devices");
    await plain.locator(".filter-form").getByRole("button", { name: "Show" }).click();
    await expect(plain).toHaveURL(/unit=devices/);
});

test("on a phone filters are opened, and a link is copied by one press", async ({ server, signedIn }) => {
    const slug = server.workspace("Folded");
    const email = server.member(slug, "Ada", "compliance_admin");
    await server.send(server.input(slug), iphone(0, "denied"));
    const page = await signedIn(email, { viewport: { width: 360, height: 740 }, permissions: ["clipboard-read", "clipboard-write"] });
    await page.goto(`${server.origin}/w/${slug}/metrics/by`);
    const unit = page.getByLabel("What is counted");
    await expect(unit).toBeHidden();
    await page.getByText("Filters", { exact: true }).click();
    await unit.selectOption("devices");
    await expect(page).toHaveURL(/unit=devices/);
    await page.getByText("Copy link", { exact: true }).click();
    await expect(page.getByText("Copied.")).toBeVisible();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toMatch(new RegExp(`/w/${slug}/metrics/by\\?unit=devices$`));
});

test("what opens beside its button stays in the window, and closes by Escape and by a press elsewhere", async ({ server, signedIn }) => {
    const slug = server.workspace("Opened");
    const email = server.member(slug, "Ada", "compliance_admin");
    await server.send(server.input(slug), iphone(0, "denied"));
    for (const width of [360, 1280]) {
        const page = await signedIn(email, { viewport: { width, height: 740 } });
        await page.goto(`${server.origin}/w/${slug}/overview`);
        const open = page.locator(":popover-open");
        for (const button of await page.locator("main [popovertarget]").all()) {
            await button.click();
            await expect(open).toHaveCount(1);
            const { x, width: wide } = (await open.boundingBox())!;
            expect(x).toBeGreaterThanOrEqual(0);
            expect(x + wide).toBeLessThanOrEqual(width);
            await page.keyboard.press("Escape");
            await expect(open).toHaveCount(0);
            await expect(button).toBeFocused();
        }
        await page.locator(".definition").first().click();
        await page.mouse.click(2, 2);
        await expect(open).toHaveCount(0);
    }
});

test("a question over several filters is counted while its page is open, with script and without", async ({ server, signedIn }) => {
    const slug = server.workspace("Questions");
    const email = server.member(slug, "Ada", "compliance_admin");
    const input = server.input(slug);
    for (const [n, status] of ["authorized", "denied", "denied"].entries()) await server.send(input, iphone(n, status));
    const page = await signedIn(email);
    await page.goto(`${server.origin}/w/${slug}/metrics`);
    await page.getByRole("navigation", { name: "Views" }).getByRole("link", { name: "Explore" }).click();
    await page.getByLabel("What is counted").selectOption("devices");
    await page.getByLabel("Platform").selectOption("iOS");
    await page.getByRole("link", { name: "OS version", exact: true }).click();
    await expect(page).toHaveURL(/platform=iOS.*by=os_version|by=os_version.*platform=iOS/);
    await page.getByRole("button", { name: "Count", exact: true }).click();
    await expect(page.getByRole("heading", { name: "Total" })).toBeVisible();
    await expect(page.locator(".explored .large")).toHaveText("3");
    await page.getByRole("link", { name: /Apple devices/ }).click();
    await expect(page.locator(".explored .large")).toHaveText("3");
    const plain = await signedIn(email, { javaScriptEnabled: false });
    await plain.goto(`${server.origin}/w/${slug}/metrics/explore?by=platform`);
    await plain.getByRole("button", { name: "Count", exact: true }).click();
    await expect(plain.getByRole("heading", { name: "Total" })).toBeVisible();
    await expect(plain.locator(".explored .large")).toHaveText("3");
});

test("every view is walked through by the keyboard alone, in the order in which it is read", async ({ server, signedIn }) => {
    const slug = server.workspace("Keys");
    const input = server.input(slug);
    for (const [n, status] of [null, "authorized", "denied", "denied"].entries()) await server.send(input, iphone(n, status));
    const page = await signedIn(server.member(slug, "Ada", "compliance_admin"));
    const views = ["overview", "metrics", "metrics/over-time", "metrics/by", "metrics/flow", "metrics/quality", "metrics/releases",
        "metrics/explore", "metrics/views", "alerts", "week"];
    for (const view of views) {
        await page.goto(`${server.origin}/w/${slug}/${view}`);
        await page.keyboard.press("Tab");
        await expect(page.locator(":focus"), view).toHaveText("Skip to content");
        await page.keyboard.press("Enter");
        // What can have the focus after the beginning of the content, in the document's order.
        const expected = await page.evaluate(() => {
            const wanted = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']";
            const all = [...document.querySelectorAll<HTMLElement>(`main :is(${wanted})`)];
            const seen = all.filter((one) => one.checkVisibility() && !(one as HTMLInputElement).disabled);
            seen.forEach((one, at) => one.setAttribute("data-stop", String(at)));
            return seen.length;
        });
        const stops: (string | null)[] = [];
        // A field of a date has the focus once for each of its parts.
        for (let pressed = 0; stops.length < expected && pressed < 2 * expected + 10; pressed++) {
            await page.keyboard.press("Tab");
            const focused = await page.evaluate(() => {
                const one = document.activeElement as HTMLElement;
                const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(one);
                const shown = (outlineStyle !== "none" && outlineWidth !== "0px") || boxShadow !== "none";
                return { stop: one.getAttribute("data-stop"), shown, what: one.outerHTML.slice(0, 120) };
            });
            if (focused.stop === stops.at(-1)) continue;
            expect(focused.shown, `${view}: the focus is seen on ${focused.what}`).toBe(true);
            stops.push(focused.stop);
        }
        expect(stops, view).toEqual([...Array(expected).keys()].map(String));
    }
});

test("a screen reader meets what is chosen, the rate, its chart and its table, in this order", async ({ server, signedIn }) => {
    const slug = server.workspace("Readers");
    const input = server.input(slug);
    for (const [n, status] of ["authorized", "denied", "denied"].entries()) await server.send(input, iphone(n, status));
    const page = await signedIn(server.member(slug, "Ada", "compliance_admin"));
    const order = async (path: string, told: (string | RegExp)[]) => {
        await page.goto(`${server.origin}/w/${slug}/${path}`);
        await page.locator("main details.figures").evaluateAll((all: HTMLDetailsElement[]) => all.forEach((one) => (one.open = true)));
        const read = await page.locator("main").ariaSnapshot();
        let from = 0;
        for (const wanted of told) {
            const found = typeof wanted === "string" ? read.indexOf(wanted, from) : from + read.slice(from).search(wanted);
            expect(found, `${path}: ${wanted} after what is before it in\n${read}`).toBeGreaterThanOrEqual(from);
            from = found + 1;
        }
    };
    await order("overview", ['heading "Overview" [level=1]', 'group "Days"', 'combobox "App"', /heading ".*onsent rate.*" \[level=2\]/,
        /img "Consent rate/, "table", /heading "Reported status/, /img "Reported and effective status/, "table"]);
    await order("metrics/over-time?days=7", ['heading "Metrics – Over time" [level=1]', 'navigation "Views"', 'group "Days"', 'combobox "What is counted"',
        'heading "Consent rate" [level=2]', /img "Consent rate/, "table", 'heading "Shares" [level=2]', /img "/, "table"]);
    await order("metrics/flow?days=7", ['heading "Metrics – Flow" [level=1]', 'navigation "Views"', 'group "Days"', "heading", "table"]);
});

test("charts are pictures that every program can read", async ({ server, signedIn }) => {
    const slug = server.workspace("Fish & <Chips>");
    const input = server.input(slug);
    for (const [n, status] of ["authorized", "denied", null].entries()) await server.send(input, iphone(n, status));
    const page = await signedIn(server.member(slug, "Ada", "compliance_admin"));
    // A page of its own, for a picture has a style and this server's pages have none.
    const reader = await page.context().newPage();
    for (const view of ["", "/over-time?days=7", "/flow?days=7"]) {
        await page.goto(`${server.origin}/w/${slug}/metrics${view}`);
        const links = await page.locator("a[href*='/picture']").evaluateAll((all: HTMLAnchorElement[]) => all.map((one) => one.href));
        expect(links.length, view).toBeGreaterThan(0);
        for (const link of links) {
            const picture = await (await page.request.get(link)).text();
            const told = await reader.evaluate((text) => {
                const read = new DOMParser().parseFromString(text, "image/svg+xml");
                return { fault: read.querySelector("parsererror")?.textContent ?? null, words: read.documentElement.textContent };
            }, picture);
            expect(told.fault, link).toBeNull();
            expect(told.words, link).toContain("Fish & <Chips>");
        }
    }
});
