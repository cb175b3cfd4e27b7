// Names the browser tests that failed, from Playwright's own report, with the beginning of what each said: failed.mjs REPORT.
import { readFileSync } from "node:fs";
import { stripVTControlCharacters } from "node:util";

const LONGEST = 400;
const FAILED = ["unexpected", "flaky"];

function* specs(suite) {
    yield* suite.specs ?? [];
    for (const inner of suite.suites ?? []) yield* specs(inner);
}

/** The beginning of what was thrown, which need not be an error. */
function said(thrown) {
    return stripVTControlCharacters(String(thrown.message ?? thrown.value)).slice(0, LONGEST);
}

const report = JSON.parse(readFileSync(process.argv[2]));
for (const error of report.errors ?? []) console.log(`failed: ${said(error)}`);
for (const { file, line, title, tests } of specs(report)) {
    for (const { projectName, results } of tests.filter(test => FAILED.includes(test.status))) {
        console.log(`failed: [${projectName}] ${file}:${line} ${title}`);
        for (const { error } of results) if (error) console.log(`    ${said(error)}`);
    }
}
