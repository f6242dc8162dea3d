//! Makes an empty `webapp/dist` when the web app has not been built, so that the crate compiles
//! in a fresh clone, and has the binary built anew when the web app changes.

use std::path::Path;

fn main() {
    let dist = Path::new(env!("CARGO_MANIFEST_DIR")).join("../webapp/dist");
    std::fs::create_dir_all(&dist).expect("the folder webapp/dist can be made");
    println!("cargo::rerun-if-changed={}", dist.display());
}
