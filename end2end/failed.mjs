// Names the browser tests that failed, from Playwright's own report, with the beginning of what each said: failed.mjs REPORT.
import { readFileSync } from "node:fs";

const LONGEST = 400;

function* specs(suite) {
    yield* suite.specs ?? [];
    for (const inner of suite.suites ?? []) yield* specs(inner);
}

for (const { ok, file, line, title, tests } of specs(JSON.parse(readFileSync(process.argv[2])))) {
    if (ok && tests.every(test => test.status !== "flaky")) continue;
    console.log(`failed: ${file}:${line} ${title}`);
    for (const { projectName, results } of tests)
        for (const { error } of results) if (error) console.log(`    [${projectName}] ${error.message.slice(0, LONGEST)}`);
}
