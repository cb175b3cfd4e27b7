// People come in by invitations, get roles, make tokens, and see where they are signed in: with script, without it, and
// by the keyboard alone.
import { code } from "./code";
import { expect, test } from "./fixture";
import { PASSWORD } from "./server";

for (const scripted of [true, false]) {
    test.describe(scripted ? "with script" : "without script", () => {
        test.use({ javaScriptEnabled: scripted });

        test("a person is invited, joins, gets a role and is removed", async ({ server, signedIn, browser }) => {
            const slug = server.workspace(`People ${scripted}`);
            const page = await signedIn(server.member(slug, "Ada", "compliance_admin"));
            const newcomer = `bob@${slug}.example`;
            await page.getByRole("link", { name: "Members" }).click();
            await page.getByLabel("E-mail").fill(newcomer);
            await page.locator("form.card").getByLabel("Role").selectOption("auditor");
            await page.getByRole("button", { name: "Create invitation link" }).click();
            const link = await page.getByRole("status").locator("pre").innerText();

            const context = await browser.newContext({ javaScriptEnabled: scripted });
            const bob = await context.newPage();
            await bob.goto(link);
            await expect(bob.getByRole("heading", { name: /^Join People/ })).toBeVisible();
            await bob.getByLabel("Your name").fill("Bob");
            await bob.getByLabel("Password").fill(PASSWORD);
            await bob.getByRole("button", { name: /^Create account and join/ }).click();
            await expect(bob.getByText("Your account was created.")).toBeVisible();
            await bob.getByLabel("E-mail").fill(newcomer);
            await bob.getByLabel("Password").fill(PASSWORD);
            await bob.getByRole("button", { name: "Sign in" }).click();
            await bob.getByRole("link", { name: "Audit log" }).click();
            await expect(bob.getByText("Invited by Ada")).toBeVisible();

            await page.getByRole("link", { name: "Members" }).click();
            const row = page.getByRole("listitem").filter({ hasText: newcomer });
            await row.getByText("Change", { exact: false }).first().click();
            await row.getByLabel("Role").selectOption("read_only");
            await row.getByRole("button", { name: "Change role" }).click();
            await expect(page.getByText("Role changed.")).toBeVisible();
            await bob.goto(`${server.origin}/w/${slug}/audit`);
            await expect(bob.getByRole("heading", { level: 1 })).toHaveText("Your role does not allow this");
            await row.getByText("Change", { exact: false }).first().click();
            await row.getByRole("button", { name: "Remove Bob" }).click();
            await expect(page.getByRole("heading", { name: "Remove Bob?" })).toBeVisible();
            await page.getByRole("button", { name: "Remove Bob" }).click();
            await expect(page.getByText("Member removed.")).toBeVisible();
            await bob.goto(server.origin);
            await expect(bob.getByRole("heading", { name: "No workspace yet" })).toBeVisible();
            await context.close();
        });

        test("a person sets up two-factor authentication and signs in with it", async ({ server, signedIn, browser }) => {
            const slug = server.workspace(`Factors ${scripted}`);
            const email = server.member(slug, "Ada", "compliance_admin");
            const page = await signedIn(email);
            await page.getByRole("link", { name: "Ada" }).click();
            await page.getByRole("link", { name: "Set up two-factor authentication" }).click();
            await page.getByRole("button", { name: "Set up" }).click();
            await expect(page.getByRole("img", { name: "QR code for your authenticator app" })).toBeVisible();
            const key = await page.locator("pre.copy").innerText();
            await page.getByRole("textbox", { name: "Code" }).fill(code(key));
            await page.getByRole("button", { name: "Turn on" }).click();
            const recovery = (await page.getByRole("status").locator("pre").innerText()).trim().split("\n");
            expect(recovery).toHaveLength(10);
            await page.getByRole("link", { name: "I have saved my codes" }).click();
            await expect(page.getByText("On, with 10 recovery codes left.")).toBeVisible();

            const context = await browser.newContext({ javaScriptEnabled: scripted });
            const other = await context.newPage();
            const password = async () => {
                await other.goto(`${server.origin}/sign-in?next=/account`);
                await other.getByLabel("E-mail").fill(email);
                await other.getByLabel("Password").fill(PASSWORD);
                await other.getByRole("button", { name: "Sign in" }).click();
                await expect(other.getByRole("heading", { level: 1 })).toHaveText("Two-factor authentication");
            };
            await password();
            await other.getByRole("textbox", { name: "Code" }).fill("000000");
            await other.getByRole("button", { name: "Sign in" }).click();
            await expect(other.getByRole("alert")).toContainText("That code is incorrect");
            await other.getByRole("textbox", { name: "Code" }).fill(code(key, 1));
            await other.getByRole("button", { name: "Sign in" }).click();
            await expect(other.getByRole("heading", { level: 1 })).toHaveText("Account");
            await other.getByRole("button", { name: "Sign out" }).click();
            await password();
            await other.getByRole("textbox", { name: "Code" }).fill(recovery[4]);
            await other.getByRole("button", { name: "Sign in" }).click();
            await expect(other.getByText("On, with 9 recovery codes left.")).toBeVisible();
            await context.close();
        });
    });
}

test("a token is made and revoked by the keyboard alone", async ({ server, signedIn, request }) => {
    const slug = server.workspace("Keyboard");
    const page = await signedIn(server.member(slug, "Ada", "compliance_admin"));
    await page.keyboard.press("Tab");
    await expect(page.getByRole("link", { name: "Skip to content" })).toBeFocused();
    const reach = async (name: string, role: "link" | "button") => {
        const wanted = page.getByRole(role, { name }).first();
        for (let presses = 0; presses < 60; presses++) {
            if (await wanted.evaluate((element) => element === document.activeElement)) return;
            await page.keyboard.press("Tab");
        }
        throw new Error(`${name} is not reached`);
    };
    await reach("API tokens", "link");
    await page.keyboard.press("Enter");
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("API tokens");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    for (let presses = 0; presses < 5 && !(await page.getByLabel("Name").evaluate((field) => field === document.activeElement)); presses++) {
        await page.keyboard.press("Tab");
    }
    await page.keyboard.type("Nightly report");
    await page.keyboard.press("Enter");
    const token = await page.getByRole("status").locator("pre").innerText();
    const read = () => request.get(`${server.origin}/api/v1/workspaces/${slug}/att-default`, { headers: { authorization: `Bearer ${token}` } });
    expect((await read()).status()).toBe(200);
    await reach("Revoke Nightly report", "button");
    await page.keyboard.press("Enter");
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("Revoke the API token Nightly report?");
    await reach("Revoke Nightly report", "button");
    await page.keyboard.press("Enter");
    await expect(page.getByText("Token revoked")).toBeVisible();
    expect((await read()).status()).toBe(401);
});

test("a person ends another session and chooses a look", async ({ server, signedIn }) => {
    const slug = server.workspace("Accounts");
    const email = server.member(slug, "Ada", "analyst");
    const here = await signedIn(email);
    const there = await signedIn(email);
    // A page that asks nothing by itself, which would be refused once the session has ended.
    await there.goto(`${server.origin}/account`);
    await here.getByRole("link", { name: "Ada" }).click();
    await here.getByRole("button", { name: /^End the session/ }).click();
    await expect(here.getByText("Session ended.")).toBeVisible();
    await there.goto(`${server.origin}/account`);
    await expect(there.getByRole("heading", { name: "Sign in" })).toBeVisible();
    await here.getByText("Dark", { exact: true }).click();
    await here.locator("form", { hasText: "Appearance" }).getByRole("button", { name: "Save" }).click();
    await expect(here.locator("html")).toHaveAttribute("data-theme", "dark");
    expect(await here.evaluate(() => getComputedStyle(document.documentElement).colorScheme)).toBe("dark");
});
