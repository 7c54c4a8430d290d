//! Says clearly when the web app has not been built. A debug build then still builds and runs: the API works, and a
//! page is answered with the way to build it. A release build without it is an error, unless `ALLOW_NO_UI` is set.

#![allow(
    clippy::disallowed_methods,
    reason = "a build script is told everything by its environment"
)]

use std::path::Path;

fn main() {
    println!("cargo::rerun-if-env-changed=ALLOW_NO_UI");
    let manifest = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default();
    let dist = Path::new(&manifest).join("../../web/dist");
    println!("cargo::rerun-if-changed={}", dist.display());
    if dist.join("index.html").is_file() {
        return;
    }
    let what = "the web app is not built: run `make web`, then build again";
    // Of the profiles that inherit from it, only `release` itself is what people run: `target/release/build/…/out`.
    let out = std::env::var_os("OUT_DIR").unwrap_or_default();
    let release = Path::new(&out)
        .ancestors()
        .nth(3)
        .is_some_and(|p| p.ends_with("release"));
    if release && std::env::var_os("ALLOW_NO_UI").is_none() {
        println!("cargo::error={what}; or set ALLOW_NO_UI=1 for a server without it");
    } else if release {
        println!("cargo::warning={what}; this server answers pages with a notice");
    }
}
