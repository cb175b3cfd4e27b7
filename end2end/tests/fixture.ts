// What every browser test stands on: one server, and pages that may not fail in silence.
import { test as base, expect, type BrowserContext, type Page } from "@playwright/test";
import { Postgres } from "./postgres";
import { PASSWORD, Server } from "./server";

type Fixtures = {
    /** A page of a new context, signed in. */
    signedIn: (email: string, options?: Parameters<Browser["newContext"]>[0]) => Promise<Page>;
    /** Answers that a test means to provoke: they are no failures. */
    expected: number[];
};
type Workers = {
    database: Database;
    server: Server;
};
export type Database = "sqlite" | "postgres";
type Browser = import("@playwright/test").Browser;

/** Fails the test on any console error, broken script or failed request. */
function watch(context: BrowserContext, expected: number[], seen: string[], scripted: boolean) {
    context.on("console", (message) => {
        const provoked = message.text().startsWith("Failed to load resource") && expected.length > 0;
        if ((message.type() === "error" || message.type() === "warning") && !provoked) seen.push(`console: ${message.text()}`);
    });
    context.on("weberror", (error) => seen.push(`script: ${error.error().message}`));
    context.on("requestfailed", (request) => {
        const why = request.failure()?.errorText;
        // Leaving a page ends what it was still asking; a browser without script refuses the script's preload.
        if (why !== "net::ERR_ABORTED" && (scripted || why !== "csp")) seen.push(`request: ${request.url()} ${why}`);
    });
    context.on("response", (response) => {
        if (response.status() >= 400 && !expected.includes(response.status())) seen.push(`answer: ${response.status()} ${response.url()}`);
    });
}

export const test = base.extend<Fixtures, Workers>({
    database: ["sqlite", { option: true, scope: "worker" }],
    server: [
        async ({ database }, use) => {
            const cluster = database === "postgres" ? Postgres.start() : undefined;
            const server = await Server.start(cluster?.database());
            await use(server);
            await server.stop();
            cluster?.stop();
        },
        { scope: "worker" },
    ],
    expected: [[], { option: true }],
    context: async ({ context, expected, javaScriptEnabled }, use) => {
        const seen: string[] = [];
        watch(context, expected, seen, javaScriptEnabled !== false);
        await use(context);
        expect(seen).toEqual([]);
    },
    signedIn: async ({ browser, server, expected, javaScriptEnabled }, use) => {
        const seen: string[] = [];
        const contexts: BrowserContext[] = [];
        await use(async (email, options) => {
            const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, javaScriptEnabled, reducedMotion: "reduce", ...options });
            contexts.push(context);
            watch(context, expected, seen, (options?.javaScriptEnabled ?? javaScriptEnabled) !== false);
            const page = await context.newPage();
            await page.goto(`${server.origin}/sign-in`);
            await page.getByLabel("E-mail").fill(email);
            await page.getByLabel("Password").fill(PASSWORD);
            await page.getByRole("button", { name: "Sign in" }).click();
            await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
            return page;
        });
        for (const context of contexts) await context.close();
        expect(seen).toEqual([]);
    },
});

export { expect };
