//! The command line; in the browser's part there is none.

#[cfg(feature = "ssr")]
#[tokio::main]
async fn main() -> std::process::ExitCode {
    attest::server::command::run().await
}

#[cfg(not(feature = "ssr"))]
fn main() {}
