// The default is set in a browser, and everything shows it: with script and without.
import { expect, test } from "./fixture";
import { iphone } from "./server";

// Answers of 409 and 422 show the form again: in a browser they are pages like any other.
test.use({ expected: [409, 422] });

for (const javaScriptEnabled of [true, false]) {
    test.describe(javaScriptEnabled ? "with script" : "without script", () => {
        test.use({ javaScriptEnabled });
        const suffix = javaScriptEnabled ? "on" : "off";

        test("an admin sets the default and sees it everywhere", async ({ server, signedIn }) => {
            const slug = server.workspace(`Default ${suffix}`);
            const input = server.input(slug);
            for (let n = 0; n < 3; n++) await server.send(input, iphone(n, null));
            await server.send(input, iphone(3, "authorized"));
            const page = await signedIn(server.member(slug, "Ada", "compliance_admin"));

            await expect(page.getByText("3 profiles (75.0%) have no status")).toBeVisible();
            await page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: "Privacy settings" }).click();
            await page.getByRole("radio", { name: /^Denied/ }).check({ force: true });
            await expect(page.getByText("3 profiles on 3 devices that never answered would count as Denied.")).toBeVisible();
            const button = page.getByRole("button", { name: "Set default to Denied" });
            await button.click();
            await expect(page.getByRole("alert").getByText("Not saved.")).toBeVisible();
            await page.locator("#reason").fill("Legal review LR-214");
            await page.getByRole("button", { name: "Set default to Denied" }).click();
            await expect(page.getByRole("status").getByText("No default → Denied")).toBeVisible();

            await page.getByRole("status").getByRole("link", { name: "View in the audit log" }).click();
            await expect(page.getByRole("heading", { name: "ATT default changed" })).toBeVisible();
            await expect(page.getByText("“Legal review LR-214”")).toBeVisible();
            await page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: "Profiles" }).click();
            await page.locator("#value").fill("user-0");
            await page.getByRole("button", { name: "Look up" }).click();
            await expect(page.getByText("Default of settings version 2")).toBeVisible();
            await page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: "Overview" }).click();
            await expect(page.getByText("3 profiles (75.0%) have only the default")).toBeVisible();
            await expect(page.getByRole("link", { name: /Default in force/ })).toContainText("Denied");
        });

        test("authorized asks for the workspace's name", async ({ server, signedIn }) => {
            const slug = server.workspace(`Careful ${suffix}`);
            const page = await signedIn(server.member(slug, "Ada", "compliance_admin"));
            await page.goto(`${server.origin}/w/${slug}/privacy`);
            await expect(page.locator("#confirm")).toBeHidden();
            await page.getByRole("radio", { name: /^Authorized/ }).check({ force: true });
            const effect = page.locator(".default-form").getByText("Apple can remove an app from the App Store");
            await expect(effect).toBeVisible();
            await page.locator("#reason").fill("The board said so");
            await page.locator("#confirm").fill("careful");
            await page.getByRole("button", { name: "Set default to Authorized" }).click();
            await expect(page.getByText("This is not the workspace's name.").first()).toBeVisible();
            await expect(page.locator("#reason")).toHaveValue("The board said so");
            await page.locator("#confirm").fill(`Careful ${suffix}`);
            await page.getByRole("button", { name: "Set default to Authorized" }).click();
            await expect(page.getByRole("status").getByText("No default → Authorized")).toBeVisible();
        });

        test("observe asks for the workspace's name", async ({ server, signedIn }) => {
            const slug = server.workspace(`Observing ${suffix}`);
            const page = await signedIn(server.member(slug, "Ada", "compliance_admin"));
            await page.goto(`${server.origin}/w/${slug}/privacy`);
            await expect(page.locator("#policy_confirm")).toBeHidden();
            await page.getByRole("radio", { name: /^Observe/ }).check({ force: true });
            await expect(page.getByText("Devices in production whose users refused")).toBeVisible();
            await page.locator("#policy_reason").fill("The board said so");
            await page.getByRole("button", { name: "Set policy to Observe" }).click();
            await expect(page.getByText("This is not the workspace's name.").first()).toBeVisible();
            await page.locator("#policy_confirm").fill(`Observing ${suffix}`);
            await page.getByRole("button", { name: "Set policy to Observe" }).click();
            await expect(page.getByRole("status").getByText("Withhold → Observe")).toBeVisible();
        });

        test("of two admins the second sees the first one's change", async ({ server, signedIn }) => {
            const slug = server.workspace(`Collide ${suffix}`);
            const ada = await signedIn(server.member(slug, "Ada", "compliance_admin"));
            const bob = await signedIn(server.member(slug, "Bob", "compliance_admin"));
            for (const page of [ada, bob]) await page.goto(`${server.origin}/w/${slug}/privacy`);
            await ada.getByRole("radio", { name: /^Denied/ }).check({ force: true });
            await ada.locator("#reason").fill("Ada was first");
            await ada.getByRole("button", { name: "Set default to Denied" }).click();
            await expect(ada.getByRole("status").getByText("No default → Denied")).toBeVisible();
            await bob.getByRole("radio", { name: /^Restricted/ }).check({ force: true });
            await bob.locator("#reason").fill("Bob was second");
            await bob.getByRole("button", { name: "Set default to Restricted" }).click();
            await expect(bob.getByRole("alert")).toContainText("Somebody else changed the settings first");
            await expect(bob.getByRole("alert")).toContainText("Ada was first");
            await expect(bob.locator("#reason")).toHaveValue("Bob was second");
            await bob.getByRole("button", { name: "Set default to Restricted" }).click();
            await expect(bob.getByRole("status").getByText("Denied → Restricted")).toBeVisible();
        });

        test("an analyst reads and cannot change", async ({ server, signedIn }) => {
            const slug = server.workspace(`Reader ${suffix}`);
            const page = await signedIn(server.member(slug, "Ann", "analyst"));
            await page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: "Privacy settings" }).click();
            await expect(page.getByText("Only Compliance Admins can change this page.")).toBeVisible();
            await expect(page.locator("main form")).toHaveCount(0);
            for (const hidden of ["Audit log", "Profiles"]) {
                await expect(page.getByRole("link", { name: hidden })).toHaveCount(0);
            }
        });
    });
}

test.describe("answers that are meant", () => {
    test.use({ expected: [403] });

    test("a page that the role does not allow says so", async ({ server, signedIn }) => {
        const slug = server.workspace("Refused");
        const page = await signedIn(server.member(slug, "Ann", "analyst"));
        await page.goto(`${server.origin}/w/${slug}/audit`);
        await expect(page.getByRole("heading", { name: "Your role does not allow this" })).toBeVisible();
        await expect(page.getByText("Nothing was changed")).toHaveCount(0);
        await page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: "Overview" }).click();
        await expect(page.getByRole("heading", { name: "Overview" })).toBeVisible();
    });
});
