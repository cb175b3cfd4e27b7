// A profile is looked up once, and may be seen again by a reload and by the back button.
import { expect, test } from "./fixture";
import { iphone } from "./server";

test("a look-up survives a reload and the back button, and leaves one row in the log", async ({ server, signedIn }) => {
    const slug = server.workspace("Look up");
    const input = server.input(slug);
    await server.send(input, iphone(0, "denied"));
    const page = await signedIn(server.member(slug, "Ada", "compliance_admin"));
    await page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: "Profiles" }).click();
    await page.locator("#value").fill("user-0");
    await page.getByRole("button", { name: "Look up", exact: true }).click();
    const found = page.getByText("Reported through Backend");
    await expect(found).toBeVisible();
    expect(page.url()).not.toContain("user-0");
    await page.reload();
    await expect(found).toBeVisible();
    await page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: "Audit log" }).click();
    await expect(page.getByRole("heading", { name: "Profile looked up" })).toHaveCount(1);
    await page.goBack();
    await expect(found).toBeVisible();
    await page.goto(`${server.origin}/w/${slug}/audit`);
    await expect(page.getByRole("heading", { name: "Profile looked up" })).toHaveCount(1);
});

test.describe("a faulty form", () => {
    test.use({ expected: [422] });

    test("begins with what is wrong", async ({ server, signedIn }) => {
        const slug = server.workspace("Faulty");
        const page = await signedIn(server.member(slug, "Ada", "compliance_admin"));
        await page.goto(`${server.origin}/w/${slug}/profiles`);
        await page.getByRole("button", { name: "Look up", exact: true }).click();
        await expect(page.getByRole("alert")).toHaveText("Enter an id.");
        await expect(page.getByRole("alert")).toBeFocused();
        await page.goto(`${server.origin}/w/${slug}/privacy`);
        await page.getByRole("button", { name: "Set policy to Withhold" }).click();
        await expect(page.getByRole("alert")).toContainText("Not saved. Please correct:");
        await expect(page.getByRole("alert")).toBeFocused();
        await expect(page).toHaveTitle(/^Error: Privacy settings/);
    });
});
