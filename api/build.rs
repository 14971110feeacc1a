//! Rebuilds the binary when the web apps that it embeds have changed. It never builds them: that
//! needs Node, and `make web` does it.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    // A debug build reads the files from the folder when they are requested.
    if std::env::var("PROFILE").is_ok_and(|profile| profile == "release") {
        println!("cargo:rerun-if-changed=../web/dist");
    }
}
