//! A private Postgres for this run: made by initdb in a folder of its own, on a socket of its own, and thrown away when
//! the run ends, however it ends.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, AtomicU32, Ordering};
use tokio::sync::OnceCell;

/// A running cluster. Its keeper holds the other end of a pipe, and clears up when this process is gone.
pub struct Cluster {
    folder: PathBuf,
    bin: PathBuf,
    root: bool,
    /// Where it listens: settings of the server.
    listens: String,
    _keeper: Option<Child>,
}

static CLUSTER: OnceCell<Cluster> = OnceCell::const_new();
static NEXT: AtomicU32 = AtomicU32::new(1);
static GIVEN: AtomicU16 = AtomicU16::new(0);

/// The address of a fresh database.
pub async fn fresh_database() -> String {
    CLUSTER.get_or_init(|| async { Cluster::start() }).await.database().await
}

/// Where Postgres' programs are: where set-up found them, or the newest version that Debian's package put there, or
/// wherever `pg_config` says.
fn programs() -> PathBuf {
    if let Some(said) = std::env::var("ATTEST_POSTGRES_BIN").ok().filter(|bin| !bin.is_empty()) {
        return PathBuf::from(said);
    }
    let mut found: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
        .filter(|bin| bin.join("initdb").exists())
        .collect();
    found.sort_by_key(|bin| bin.parent().and_then(|version| version.file_name()?.to_str()?.parse::<u32>().ok()));
    let by_config = || {
        let said = Command::new("pg_config").arg("--bindir").output().ok()?;
        Some(PathBuf::from(String::from_utf8(said.stdout).ok()?.trim()))
    };
    found.pop().or_else(by_config).expect("Postgres is not installed: scripts/setup.sh test installs it")
}

/// A port that stays free until a server takes it: outside of those that the system gives to connections and to whoever asks for
/// any, of which one would be taken before a cluster has begun.
pub fn own_port() -> u16 {
    let is_free = |port: &u16| std::net::TcpListener::bind(("127.0.0.1", *port)).is_ok();
    // Ten for each run of the tests, of which none is given twice.
    let first = 20_000 + u16::try_from(std::process::id() % 1000).expect("below a thousand") * 10;
    let next = || first + GIVEN.fetch_add(1, Ordering::SeqCst);
    std::iter::repeat_with(next).take(100).find(is_free).expect("a free port")
}

impl Cluster {
    /// Makes a cluster and starts it.
    pub fn start() -> Self {
        Self::listening("-c listen_addresses=''".to_owned(), |_| {})
    }

    /// Makes one that others than its own socket reach at this port of this machine by TLS only.
    pub fn start_encrypted(port: u16, certificate: &str, key: &str) -> Self {
        let listens = format!("-c listen_addresses=127.0.0.1 -c port={port} -c ssl=on");
        Self::listening(listens, |data| {
            let write = |name: &str, text: &str| std::fs::write(data.join(name), text).expect("written");
            write("server.crt", certificate);
            write("server.key", key);
            write("pg_hba.conf", "local all all trust\nhostssl all all 127.0.0.1/32 trust\n");
        })
    }

    /// Makes one, does something in its folder before it starts, and starts it.
    fn listening(listens: String, prepare: impl FnOnce(&Path)) -> Self {
        let folder = tempfile::Builder::new().prefix("attest-pg-").tempdir().expect("no temporary folder").keep();
        let mut cluster = Self { folder, bin: programs(), root: is_root(), listens, _keeper: None };
        if cluster.root {
            run(Command::new("chown").arg("postgres").arg(&cluster.folder));
        }
        run(cluster.program("initdb").args(["-A", "trust", "-U", "postgres", "--no-sync", "-E", "UTF8"]));
        let data = cluster.folder.join("data");
        prepare(&data);
        let key = data.join("server.key");
        if key.exists() {
            run(Command::new("chmod").arg("600").arg(&key));
        }
        if cluster.root {
            run(Command::new("chown").args(["-R", "postgres"]).arg(&data));
        }
        cluster.resume();
        cluster._keeper = Some(keeper(&cluster.program("pg_ctl"), &cluster.folder));
        cluster
    }

    /// Starts it again after [`Cluster::stop`].
    pub fn resume(&self) {
        let socket = self.folder.display();
        let options = format!("{} -c unix_socket_directories={socket} -c max_connections=300", self.listens);
        let log = self.folder.join("log");
        run(self.program("pg_ctl").arg("-l").arg(log).args(["-w", "-o", &options, "start"]));
    }

    /// Stops it as a crash would, with all its connections.
    pub fn stop(&self) {
        run(self.program("pg_ctl").args(["-w", "-m", "immediate", "stop"]));
    }

    /// The address of a fresh database.
    pub async fn database(&self) -> String {
        let name = format!("t{}", NEXT.fetch_add(1, Ordering::SeqCst));
        let url = |database: &str| format!("postgres://postgres@localhost/{database}?host={}", self.folder.display());
        let admin = sqlx::PgPool::connect(&url("postgres")).await.expect("the private Postgres does not answer");
        let create = sqlx::AssertSqlSafe(format!("create database {name}"));
        sqlx::raw_sql(create).execute(&admin).await.expect("a database cannot be made");
        admin.close().await;
        url(&name)
    }

    /// One of Postgres' programs, at this cluster's data; it refuses to run as root.
    fn program(&self, name: &str) -> Command {
        let mut command = if self.root { Command::new("runuser") } else { Command::new(self.bin.join(name)) };
        if self.root {
            command.args(["-u", "postgres", "--"]).arg(self.bin.join(name));
        }
        command.arg("-D").arg(self.folder.join("data")).current_dir("/");
        command
    }
}

/// A shell that waits until our end of its pipe is closed, which the system does when we end.
fn keeper(pg_ctl: &Command, folder: &Path) -> Child {
    let words = std::iter::once(pg_ctl.get_program()).chain(pg_ctl.get_args());
    let stop: Vec<String> = words.map(|word| word.to_string_lossy().into_owned()).collect();
    let script = format!("read -r _; {} -m immediate stop; rm -rf {}", stop.join(" "), folder.display());
    let mut shell = Command::new("setsid");
    shell.args(["sh", "-c", &script]).current_dir("/");
    shell.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("no shell")
}

fn run(command: &mut Command) {
    let output = command.stdin(Stdio::null()).stdout(Stdio::null()).output().expect("a program of Postgres is missing");
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().expect("no id");
    id.stdout.trim_ascii() == b"0"
}
