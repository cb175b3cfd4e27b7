// A server with a fresh database, and the command line beside it.
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** Everybody's password here. */
export const PASSWORD = "plum orbit cactus 41";

export type Role = "compliance_admin" | "admin" | "compliance" | "analyst" | "read_only" | "auditor";

const target = process.env.CARGO_TARGET_DIR || join(homedir(), ".cache/attest/target");
const binary = process.env.ATTEST_BIN || join(target, "debug/attest");

/** What a command is told of its database. Beside a SQLite file lies the secret; Postgres is given one. */
function environmentOf(database: string): NodeJS.ProcessEnv {
    const secret = database.startsWith("postgres") ? { ATTEST_SECRET_KEY: "dGhlIHNlY3JldCBvZiB0aHJvd24tYXdheSBkYXRhLi4=" } : {};
    return { ...process.env, ...secret, ATTEST_DATABASE_URL: database };
}

/** What stands in every e-mail, identity, device id and secret of these tests, and in no line of the log. */
const PERSONAL = ["@", "user-", "first-user", "idfv-", "613ff528", PASSWORD];

export class Server {
    private constructor(
        private readonly child: ChildProcess,
        private readonly folder: string,
        private readonly database: string,
        readonly origin: string,
        /** The one-time link of a server without an account. */
        readonly setUpLink: string | undefined,
    ) {}

    /** With a Postgres database of this address, or with SQLite. */
    static async start(postgres?: string): Promise<Server> {
        const folder = mkdtempSync(join(tmpdir(), "attest-e2e-"));
        const database = postgres ?? `sqlite://${folder}/attest.db`;
        const environment = { ...environmentOf(database), ATTEST_ADDR: "127.0.0.1:0" };
        // Kept in a file: at the end it is searched for personal data.
        const log = openSync(join(folder, "log"), "w");
        const child = spawn(binary, ["serve"], { env: { ...environment, ATTEST_LOG: "debug" }, stdio: ["ignore", "pipe", log] });
        closeSync(log);
        const lines = createInterface({ input: child.stdout });
        let origin: string | undefined;
        for await (const line of lines) {
            origin ??= line.match(/^Attest serves (http:\S+)/)?.[1];
            const link = line.match(/^http\S+\/set-up\?token=\S+/)?.[0];
            if (origin && link) return new Server(child, folder, database, origin, link);
        }
        throw new Error("the server did not start");
    }

    /** Runs a command of the command line; answers what it printed. */
    run(args: string[], input = ""): string {
        return execFileSync(binary, args, { env: environmentOf(this.database), input, encoding: "utf8" });
    }

    /** A workspace of this name; answers its slug. */
    workspace(name: string): string {
        return JSON.parse(this.run(["workspace", "add", "--name", name, "--json"])).slug;
    }

    /** A person with this role; answers their e-mail. */
    member(workspace: string, name: string, role: Role): string {
        const email = `${name.toLowerCase()}@${workspace}.example`;
        this.run(["user", "add", "--email", email, "--name", name, "--password-stdin"], PASSWORD);
        this.run(["member", "set", "--workspace", workspace, "--email", email, "--role", role]);
        return email;
    }

    /** An operator, who is a member of nothing; answers their e-mail. */
    operator(name: string): string {
        const email = `${name}@operators.example`;
        this.run(["user", "add", "--email", email, "--name", name, "--operator", "--password-stdin"], PASSWORD);
        return email;
    }

    /** An input's id and credentials. */
    input(workspace: string): { id: string; key: string; secret: string } {
        return JSON.parse(this.run(["input", "add", "--workspace", workspace, "--name", "Backend", "--json"]));
    }

    async send(input: { key: string; secret: string }, batch: object): Promise<void> {
        await this.post(input, "events", batch);
    }

    /** Sends at most a hundred batches at once. */
    async sendMany(input: { key: string; secret: string }, batches: object[]): Promise<void> {
        await this.post(input, "bulkevents", batches);
    }

    private async post(input: { key: string; secret: string }, path: string, body: object): Promise<void> {
        const authorization = `Basic ${Buffer.from(`${input.key}:${input.secret}`).toString("base64")}`;
        const headers = { authorization, "content-type": "application/json" };
        const answer = await fetch(`${this.origin}/v2/${path}`, { method: "POST", headers, body: JSON.stringify(body) });
        if (answer.status !== 202) throw new Error(`${answer.status} ${await answer.text()}`);
    }

    /** Ends the server once its counters, registers and chains were proved. */
    async stop(): Promise<void> {
        this.run(["check"]);
        this.run(["audit", "verify"]);
        const log = readFileSync(join(this.folder, "log"), "utf8");
        if (log === "") throw new Error("the log is empty: it cannot prove anything");
        const told = PERSONAL.filter((text) => log.includes(text));
        if (told.length > 0) throw new Error(`the log holds what was sent: ${told.join(", ")}\n${log}`);
        const ended = new Promise((resolve) => this.child.once("exit", resolve));
        this.child.kill("SIGTERM");
        await ended;
        rmSync(this.folder, { recursive: true, force: true });
    }
}

/** A batch of one iPhone. */
export function iphone(n: number, status: string | null): object {
    return {
        user_identities: { customer_id: `user-${n}` },
        application_info: { package: "com.acme.app", application_name: "Acme App" },
        device_info: { platform: "iOS", os_version: "17.5", ios_idfv: `idfv-${n}`, att_authorization_status: status },
    };
}
