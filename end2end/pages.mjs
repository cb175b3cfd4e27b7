// The pages, read out of the server's own list of routes: whatever looks at every page takes its list from here.
import { readFileSync } from "node:fs";

const ROUTES = new URL("../src/server/http/routes.rs", import.meta.url);

/** Pages that only a one-time link opens: whoever looks at these brings a link for each. */
export const BY_LINK = ["/set-up", "/invitation"];

/** Addresses that show nothing by themselves: they lead on to a page that is in the list. */
const LEADS_ON = ["/", "/sign-in/code", "/w/{workspace}", "/w/{workspace}/inputs/{input}/samples",
    "/w/{workspace}/audit/settings/{version}", "/w/{workspace}/metrics/{view}/file", "/w/{workspace}/metrics/{view}/picture"];

/**
 * Every page that opens by its address alone. One that needs a link and is not named above fails where it is looked
 * at, for every user of this list expects the page at the address that it asked for.
 *
 * @param {Record<string, string>} values what stands in the places of an address, such as `workspace` and `input`
 * @returns {{ path: string, address: string, needs: string }[]} the path as the list of routes has it, the address with
 *   the values in it, and what one must be: `Nothing`, `SignedIn`, `Operator` or `Role`
 */
export function pages(values) {
    const listed = readFileSync(ROUTES, "utf8").matchAll(/"GET"\s+"([^"]+)"\s+Page\s+(\w+)/g);
    const routes = [...listed].map(([, path, needs]) => ({ path, needs }));
    if (routes.length === 0) throw new Error(`${ROUTES.pathname} lists no page, or in another shape than is read here`);
    const apart = [...BY_LINK, ...LEADS_ON];
    const gone = apart.filter((path) => !routes.some((route) => route.path === path));
    if (gone.length > 0) throw new Error(`end2end/pages.mjs names pages that are no more: ${gone.join(", ")}`);
    const fill = (path) =>
        path.replace(/\{(\w+)\}/g, (_, place) => {
            if (values[place] === undefined) throw new Error(`${path}: nothing is said to stand for {${place}}`);
            return values[place];
        });
    const open = routes.filter((route) => !apart.includes(route.path));
    return open.map(({ path, needs }) => ({ path, address: fill(path), needs }));
}
