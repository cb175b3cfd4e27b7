// Lighthouse on every page, mobile preset, the median of three: measure.mjs ORIGIN EMAIL PASSWORD SLUG
// Fails when a page has less than 95 for performance, or less than 100 for accessibility or best practices.
import { brotliCompressSync } from "node:zlib";
import { launch } from "chrome-launcher";
import lighthouse from "lighthouse";
import { pages as listed } from "../pages.mjs";

const [origin, email, password, slug] = process.argv.slice(2);
const LEAST = { performance: 95, accessibility: 100, "best-practices": 100 };
const RUNS = 3;

const form = new URLSearchParams({ email, password, next: "/" });
const headers = { "content-type": "application/x-www-form-urlencoded", "sec-fetch-site": "same-origin" };
const answer = await fetch(`${origin}/sign-in`, { method: "POST", headers, body: form, redirect: "manual" });
const cookie = answer.headers.getSetCookie().map((one) => one.split(";")[0]).join("; ");
if (answer.status !== 303 || !cookie) throw new Error(`signing in was answered ${answer.status}`);

const inputs = await (await fetch(`${origin}/w/${slug}/inputs`, { headers: { cookie } })).text();
const [, input] = inputs.match(new RegExp(`/w/${slug}/inputs/([0-9a-z]{13})`));
const people = await (await fetch(`${origin}/people`, { headers: { cookie } })).text();
const [, person] = people.match(/\/people\/([0-9a-z]{13})/) ?? [];
// Who is no operator sees none of their pages.
const pages = listed({ workspace: slug, input, person: person ?? "" }).filter(({ needs }) => person || needs !== "Operator");

const kb = (bytes) => (bytes / 1024).toFixed(1).padStart(6);
const median = (numbers) => numbers.sort((a, b) => a - b)[Math.floor(numbers.length / 2)];

/** What the page brings, as it would travel with brotli: the page itself, its style, and script with wasm. */
async function weight(address, with_cookie) {
    const get = async (of) => Buffer.from(await (await fetch(origin + of, { headers: with_cookie ? { cookie } : {} })).arrayBuffer());
    const html = await get(address);
    const text = html.toString();
    const sizes = { html: brotliCompressSync(html).length, css: 0, script: 0 };
    const named = new Set(text.match(/\/s\/[0-9a-f]+\/[\w.]+/g) ?? []);
    for (const name of named) {
        const size = brotliCompressSync(await get(name)).length;
        if (name.endsWith(".css")) sizes.css += size;
        if (name.endsWith(".js") || name.endsWith(".wasm")) sizes.script += size;
    }
    return sizes;
}

const chrome = await launch({ chromePath: process.env.ATTEST_CHROMIUM, chromeFlags: ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic"] });
let fell = 0;
console.log("page                              perf a11y best   LCP ms   html KB   css KB script+wasm KB (brotli)");
try {
    for (const { path, address, needs } of pages) {
        const with_cookie = needs !== "Nothing";
        const runs = [];
        for (let run = 0; run < RUNS; run++) {
            const found = await lighthouse(origin + address, {
                port: chrome.port,
                onlyCategories: Object.keys(LEAST),
                extraHeaders: with_cookie ? { Cookie: cookie } : {},
                logLevel: "error",
            });
            const ended = new URL(found.lhr.finalDisplayedUrl).pathname;
            if (ended !== address) throw new Error(`${address} led to ${ended}`);
            runs.push(found.lhr);
        }
        const scores = Object.keys(LEAST).map((name) => Math.round(median(runs.map((run) => run.categories[name].score)) * 100));
        const lcp = Math.round(median(runs.map((run) => run.audits["largest-contentful-paint"].numericValue)));
        const { html, css, script } = await weight(address, with_cookie);
        console.log(`${path.padEnd(32)} ${scores.map((score) => String(score).padStart(5)).join("")}   ${String(lcp).padStart(6)}    ${kb(html)}   ${kb(css)}       ${kb(script)}`);
        for (const [at, [name, least]] of Object.entries(LEAST).entries()) {
            if (scores[at] >= least) continue;
            fell++;
            const { audits, categories } = runs[0];
            const lost = categories[name].auditRefs.filter((ref) => ref.weight > 0 && audits[ref.id].score !== null && audits[ref.id].score < 0.9);
            console.log(`  ${name} ${scores[at]} < ${least}: ${lost.map((ref) => `${ref.id} (${audits[ref.id].displayValue ?? ""})`).join(", ")}`);
        }
    }
} finally {
    chrome.kill();
}
process.exit(fell === 0 ? 0 : 1);
