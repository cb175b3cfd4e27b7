// Metrics: read by pointer and keys, chosen by dragging, and the same without script.
import { expect, test } from "./fixture";
import { iphone } from "./server";

test("the line is read by pointer and by the arrow keys, and a span is chosen by dragging", async ({ server, signedIn }) => {
    const slug = server.workspace("Lines");
    const input = server.input(slug);
    for (const [n, status] of ["authorized", "denied", "denied"].entries()) await server.send(input, iphone(n, status));
    const page = await signedIn(server.member(slug, "Ada", "compliance_admin"));
    await page.goto(`${server.origin}/w/${slug}/metrics/over-time?days=7`);
    const chart = page.locator(".chart.lines.wide");
    const card = chart.locator(".tooltip");
    await expect(card).toBeHidden();
    const area = (await chart.boundingBox())!;
    await page.mouse.move(area.x + area.width - 30, area.y + 100);
    await expect(card).toBeVisible();
    await expect(card).toContainText("33.3%");
    await expect(card).toContainText("1 of 3");
    await chart.focus();
    await page.keyboard.press("Escape");
    await expect(card).toBeHidden();
    await page.keyboard.press("End");
    await expect(card).toContainText("33.3%");
    await expect(page.locator("[aria-live=polite]")).toContainText("1 of 3");
    await page.mouse.move(area.x + area.width * 0.5, area.y + 100);
    await page.mouse.down();
    await page.mouse.move(area.x + area.width * 0.99, area.y + 100, { steps: 5 });
    await page.mouse.up();
    await expect(page).toHaveURL(/from=\d{4}-\d\d-\d\d&to=\d{4}-\d\d-\d\d/);
    await expect(page.locator(".own-days > summary")).toHaveAttribute("aria-current", "true");
    await expect(page.locator("#rate-table tbody tr")).toHaveCount(4);
});

test("filters act at once, show as chips that can be taken away, and have a button without script", async ({ server, signedIn }) => {
    const slug = server.workspace("Chips");
    const email = server.member(slug, "Ada", "compliance_admin");
    await server.send(server.input(slug), iphone(0, "denied"));
    const page = await signedIn(email);
    await page.goto(`${server.origin}/w/${slug}/metrics/by`);
    await page.getByLabel("What is counted").selectOption("devices");
    await expect(page).toHaveURL(/unit=devices/);
    await expect(page).toHaveTitle(/Metrics: By, Devices/);
    await page.getByRole("link", { name: "Remove filter Devices" }).click();
    await expect(page).not.toHaveURL(/unit=devices/);
    await page.getByRole("link", { name: "App version", exact: true }).first().click();
    await expect(page).toHaveURL(/by=app_version/);
    const plain = await signedIn(email, { javaScriptEnabled: false });
    await plain.goto(`${server.origin}/w/${slug}/metrics/by`);
    await plain.getByLabel("What is counted").selectOption("devices");
    await plain.locator(".filter-form").getByRole("button", { name: "Show" }).click();
    await expect(plain).toHaveURL(/unit=devices/);
});
