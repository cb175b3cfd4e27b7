// The open Overview follows the server.
import { expect, test } from "./fixture";
import { iphone } from "./server";

test("the open Overview shows an event within two seconds, and stays calm without one", async ({ server, signedIn }) => {
    const slug = server.workspace("Live");
    const input = server.input(slug);
    await server.send(input, iphone(0, "denied"));
    const page = await signedIn(server.member(slug, "Ada", "compliance_admin"));
    await expect(page.getByRole("status")).toHaveText("Live");
    await expect(page.getByText("1 Apple profile, and")).toBeVisible();
    const answered: string[] = [];
    page.on("response", async (response) => {
        if (response.url().includes("/live/overview")) answered.push(await response.text());
    });
    await expect.poll(() => answered.length).toBeGreaterThan(1);
    expect(new Set(answered)).toEqual(new Set(["null"]));
    await server.send(input, iphone(1, "authorized"));
    const sent = Date.now();
    await expect(page.getByText("2 Apple profiles, and")).toBeVisible();
    expect(Date.now() - sent).toBeLessThan(2000);
});

test("what is open and what has the focus stay so while it follows", async ({ server, signedIn }) => {
    const slug = server.workspace("Open");
    const input = server.input(slug);
    for (const [n, status] of ["denied", "authorized"].entries()) await server.send(input, iphone(n, status));
    const page = await signedIn(server.member(slug, "Ada", "compliance_admin"));
    await expect(page.getByRole("status")).toHaveText("Live");
    const summary = page.getByText("Show the figures").first();
    await summary.click();
    await expect(page.locator("#consent-table")).toBeVisible();
    await server.send(input, iphone(2, "authorized"));
    await expect(page.getByText("3 Apple profiles, and")).toBeVisible();
    await expect(page.locator("#consent-table")).toBeVisible();
    await expect(summary).toBeFocused();
    const question = page.getByRole("button", { name: "What is the restricted rate?" });
    await question.click();
    await server.send(input, iphone(3, "authorized"));
    await expect(page.getByText("4 Apple profiles, and")).toBeVisible();
    await expect(page.locator(":popover-open")).toContainText("restricted");
    await page.keyboard.press("Escape");
    await expect(page.locator(":popover-open")).toHaveCount(0);
});

test("the first event takes the place of the empty page, and its app can be chosen", async ({ server, signedIn }) => {
    const slug = server.workspace("First");
    const input = server.input(slug);
    const page = await signedIn(server.member(slug, "Ada", "compliance_admin"));
    await expect(page.getByRole("heading", { name: "Nothing has been counted here yet" })).toBeVisible();
    await server.send(input, { ...iphone(0, "denied"), environment: "development" });
    await expect(page.getByText("In development: 1 profile.")).toBeVisible();
    await server.send(input, iphone(1, "denied"));
    await expect(page.getByText("1 Apple profile, and")).toBeVisible();
    await expect(page.getByRole("heading", { name: "Nothing has been counted here yet" })).toHaveCount(0);
    await page.getByLabel("App", { exact: true }).selectOption({ label: "Acme App" });
    await expect(page).toHaveURL(/app=[0-9a-z]{13}/);
});

test("filters are in the address and hold while it follows", async ({ server, signedIn }) => {
    const slug = server.workspace("Filters");
    const input = server.input(slug);
    await server.send(input, iphone(0, "denied"));
    await server.send(input, { environment: "development", device_info: { ios_idfv: "v-dev" } });
    const page = await signedIn(server.member(slug, "Ada", "compliance_admin"));
    // Until its scripts are there.
    await page.waitForLoadState("load");
    await page.getByLabel("Environment").selectOption("development");
    await expect(page).toHaveURL(/environment=development/);
    await expect(page.getByText("test devices only")).toBeVisible();
    await page.getByRole("link", { name: "Devices" }).click();
    await expect(page).toHaveURL(/environment=development.*unit=devices|unit=devices.*environment=development/);
    await expect(page.getByText("1 Apple device, and")).toBeVisible();
    await page.getByRole("link", { name: "Show production" }).click();
    await page.getByRole("link", { name: "Acme App" }).click();
    await expect(page.getByLabel("App", { exact: true })).toHaveValue(/^[0-9a-z]{13}$/);
});

test("on a phone the menu opens without script", async ({ server, signedIn }) => {
    const slug = server.workspace("Phone");
    const email = server.member(slug, "Ada", "compliance_admin");
    const page = await signedIn(email, { viewport: { width: 360, height: 740 }, javaScriptEnabled: false });
    const link = page.getByRole("link", { name: "Privacy settings" });
    await expect(link).toBeHidden();
    await page.getByLabel("Show the menu").check({ force: true });
    await link.click();
    await expect(page.getByRole("heading", { name: "Privacy settings" })).toBeVisible();
});

test("the chart is read by pointer and by the arrow keys, also while it follows", async ({ server, signedIn }) => {
    const slug = server.workspace("Reading");
    const input = server.input(slug);
    await server.send(input, iphone(0, "authorized"));
    await server.send(input, iphone(1, "denied"));
    await server.send(input, iphone(2, "denied"));
    await server.send(input, iphone(3, null));
    const page = await signedIn(server.member(slug, "Ada", "compliance_admin"));
    await expect(page.getByRole("status")).toHaveText("Live");
    const chart = page.locator("#bars-wide");
    const tooltip = chart.locator(".tooltip");
    await expect(tooltip).toBeHidden();
    await chart.locator(".upper .bar.denied").hover();
    await expect(tooltip).toBeVisible();
    await expect(tooltip).toHaveText("DeniedReported: 2 (50.0%)Effective: 2 (50.0%)");
    await page.getByRole("heading", { level: 1 }).hover();
    await expect(tooltip).toBeHidden();
    const said = page.locator("[aria-live=polite]");
    await chart.focus();
    await page.keyboard.press("ArrowRight");
    await expect(said).toHaveText("Authorized. Reported: 1 (25.0%). Effective: 1 (25.0%)");
    await page.keyboard.press("End");
    await expect(said).toHaveText("Unknown. Reported: 1 (25.0%). Effective: 1 (25.0%)");
    await page.keyboard.press("ArrowLeft");
    await expect(said).toHaveText("Denied. Reported: 2 (50.0%). Effective: 2 (50.0%)");
    await page.keyboard.press("Home");
    await expect(tooltip).toBeVisible();
    await page.keyboard.press("Escape");
    await expect(tooltip).toBeHidden();
    // New figures replace the chart; it can be read on, and the keyboard is where it was.
    await server.send(input, iphone(4, "authorized"));
    await expect(page.getByText("5 Apple profiles, and")).toBeVisible();
    await expect(chart).toBeFocused();
    await page.keyboard.press("ArrowRight");
    await expect(said).toHaveText("Authorized. Reported: 2 (40.0%). Effective: 2 (40.0%)");
});

test.describe("what ends", () => {
    test.use({ expected: [401, 404] });

    test("counts leave an open page with the right to see them, and it says why", async ({ server, signedIn }) => {
        const slug = server.workspace("Ended");
        await server.send(server.input(slug), iphone(0, "denied"));
        const removed = server.member(slug, "Ada", "compliance");
        const page = await signedIn(removed, { viewport: { width: 360, height: 740 } });
        await expect(page.getByText("1 Apple profile, and")).toBeVisible();
        server.run(["member", "remove", "--workspace", slug, "--email", removed]);
        await expect(page.getByRole("status")).toContainText("You no longer have access to this workspace.");
        await expect(page.getByText("1 Apple profile, and")).toHaveCount(0);
        await page.getByRole("link", { name: "Go to your workspaces" }).click();
        await expect(page.getByRole("heading", { level: 1 })).toBeVisible();

        const out = await signedIn(server.member(slug, "Bob", "compliance"));
        await expect(out.getByText("1 Apple profile, and")).toBeVisible();
        await out.context().clearCookies();
        await expect(out.getByRole("status")).toContainText("You are signed out.");
        await expect(out.getByText("1 Apple profile, and")).toHaveCount(0);
        await out.getByRole("link", { name: "Sign in again" }).click();
        await expect(out).toHaveURL(/sign-in\?next=.*overview/);
    });
});
