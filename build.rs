//! Tells cargo which folders are compiled in, so that a file added to them is noticed.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // The browser's part has neither.
    if std::env::var_os("CARGO_FEATURE_SSR").is_some() {
        println!("cargo::rerun-if-changed=migrations");
        // Only a release embeds the site; a debug build reads it from disk, and need not wait for one.
        if std::env::var("PROFILE").is_ok_and(|profile| profile == "release") {
            println!("cargo::rerun-if-changed=target/site");
        }
    }
}
