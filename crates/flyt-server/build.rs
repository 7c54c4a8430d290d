//! Says so when the web app has not been built. The server is built and runs all the same: the API works, and `/` tells how to
//! build the app. Building it is the Makefile's work (`make web`): cargo neither needs Node nor a network.

use std::path::Path;

fn main() {
    let dist = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../web/dist");
    println!("cargo::rerun-if-changed={}", dist.display());
    if !dist.join("index.html").is_file() {
        println!(
            "cargo::warning=the web app is not built: `make web` builds it (Node 20.19 or newer); without it / answers a notice"
        );
    }
}
