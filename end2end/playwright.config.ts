// Browser tests: Debian's Chromium against the server that was just built, on databases of its own: SQLite, and Postgres
// where its programs are.
import { defineConfig } from "@playwright/test";
import type { Database } from "./tests/fixture";

const databases: Database[] = process.env.ATTEST_POSTGRES_BIN ? ["sqlite", "postgres"] : ["sqlite"];

export default defineConfig<object, { database: Database }>({
    testDir: "tests",
    projects: databases.map((database) => ({ name: database, use: { database } })),
    outputDir: "results",
    workers: 1,
    retries: 0,
    forbidOnly: true,
    timeout: 60_000,
    expect: { timeout: 10_000 },
    reporter: [["list"]],
    use: {
        viewport: { width: 1280, height: 900 },
        screenshot: "only-on-failure",
        // Tests click faster than a page transition ends; whoever asks for less motion has none.
        contextOptions: { reducedMotion: "reduce" },
        launchOptions: {
            executablePath: process.env.ATTEST_CHROMIUM || "/usr/bin/chromium",
            args: [
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
            ],
        },
    },
});
