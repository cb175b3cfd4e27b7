// The first minutes of a new installation, as its operator goes through them.
import { expect, test } from "./fixture";
import { PASSWORD, Server } from "./server";
import { execFileSync } from "node:child_process";

for (const javaScriptEnabled of [true, false]) {
    test.describe(javaScriptEnabled ? "with script" : "without script", () => {
        test.use({ javaScriptEnabled, expected: [422, 404] });

        test("from the one-time link to the first event", async ({ page }) => {
            const server = await Server.start();
            await page.goto(server.origin);
            await expect(page.getByText("There is no account yet.")).toBeVisible();
            await page.goto(server.setUpLink!);
            await page.getByLabel("Your name").fill("Ada Lovelace");
            await page.getByLabel("E-mail").fill("ada@example.com");
            await page.getByLabel("Password").fill("passwordpassword");
            await page.getByLabel("Workspace name").fill("Northwind");
            await expect(page.getByLabel("Time zone")).toHaveValue("UTC");
            if (javaScriptEnabled) {
                const typed = page.getByLabel("Password", { exact: true });
                await typed.fill("password1234");
                await expect(page.getByText("This password is easy to guess")).toBeVisible();
                await typed.fill(PASSWORD);
                await expect(page.getByText("Hard to guess.")).toBeVisible();
                await page.getByRole("button", { name: "Show what was typed" }).click();
                await expect(typed).toHaveAttribute("type", "text");
                await page.getByRole("button", { name: "Hide what was typed" }).click();
                await typed.fill("passwordpassword");
            }
            await page.getByRole("button", { name: "Create account and workspace" }).click();
            await expect(page.getByText("This password is easy to guess.").first()).toBeVisible();
            await expect(page.getByLabel("Your name")).toHaveValue("Ada Lovelace");
            await page.getByLabel("Password").fill(PASSWORD);
            await page.getByRole("button", { name: "Create account and workspace" }).click();

            await expect(page.getByText("Your account and the workspace were created.")).toBeVisible();
            await page.getByLabel("E-mail").fill("ada@example.com");
            await page.getByLabel("Password").fill("not my password");
            await page.getByRole("button", { name: "Sign in" }).click();
            await expect(page.getByRole("alert")).toHaveText("E-mail and password do not match an account.");
            await page.getByLabel("Password").fill(PASSWORD);
            await page.getByRole("button", { name: "Sign in" }).click();
            await page.getByRole("link", { name: "Create an input" }).click();
            await page.getByLabel("Name").fill("Backend");
            await page.getByRole("button", { name: "Create input" }).click();
            await page.getByText("Production", { exact: true }).last().click();
            const curl = await page.locator("pre.production").innerText();
            // A copyable curl that works as it stands.
            const said = execFileSync("bash", ["-c", curl], { encoding: "utf8" });
            expect(said).toContain("202 Accepted");
            await page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: "Overview" }).click();
            await expect(page.getByText("1 Apple profile, and")).toBeVisible();

            await page.goto(server.setUpLink!);
            await expect(page.getByRole("heading", { name: "This link cannot be used" })).toBeVisible();
            await page.goto(server.origin);
            await page.getByRole("button", { name: "Sign out" }).click();
            await expect(page.getByText("You are signed out.")).toBeVisible();
            await server.stop();
        });
    });
}
