//! The command line; in the browser's part there is none.

#![forbid(unsafe_code)]

/// For SQLite's C too, whose allocations it takes over: a commit of events is thousands of small ones, and the slowest
/// commits become a fifth faster. Without huge pages, whose clearing held up single commits for a tenth of a second.
#[cfg(feature = "ssr")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[cfg(feature = "ssr")]
#[tokio::main]
async fn main() -> std::process::ExitCode {
    attest::server::command::run().await
}

#[cfg(not(feature = "ssr"))]
fn main() {}
