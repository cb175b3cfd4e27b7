// A private Postgres for one run: made in a folder of its own, on a socket of its own, and thrown away at its end.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export class Postgres {
    private made = 0;

    private constructor(private readonly folder: string) {}

    static start(): Postgres {
        const cluster = new Postgres(mkdtempSync(join(tmpdir(), "attest-pg-")));
        // Postgres refuses to run as root.
        if (process.getuid?.() === 0) execFileSync("chown", ["postgres", cluster.folder]);
        cluster.program("initdb", ["-A", "trust", "-U", "postgres", "--no-sync", "-E", "UTF8"]);
        const options = `-c listen_addresses='' -c unix_socket_directories=${cluster.folder}`;
        cluster.program("pg_ctl", ["-l", join(cluster.folder, "log"), "-w", "-o", options, "start"]);
        return cluster;
    }

    /** The address of a fresh database. */
    database(): string {
        const name = `t${++this.made}`;
        execFileSync(join(process.env.ATTEST_POSTGRES_BIN!, "psql"), ["-q", "-h", this.folder, "-U", "postgres", "-c", `create database ${name}`]);
        return `postgres://postgres@localhost/${name}?host=${this.folder}`;
    }

    stop(): void {
        this.program("pg_ctl", ["-m", "immediate", "stop"]);
        rmSync(this.folder, { recursive: true, force: true });
    }

    private program(name: string, args: string[]): void {
        const command = [join(process.env.ATTEST_POSTGRES_BIN!, name), "-D", join(this.folder, "data"), ...args];
        const asPostgres = process.getuid?.() === 0 ? ["runuser", "-u", "postgres", "--"] : [];
        const [first, ...rest] = [...asPostgres, ...command];
        // What a server started this way writes later must not keep our pipes open.
        execFileSync(first, rest, { cwd: "/", stdio: ["ignore", "ignore", "inherit"] });
    }
}
