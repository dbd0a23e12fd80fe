//! Files that macros read at build time and Cargo would not notice.

fn main() {
    for folder in ["migrations", "locales", "templates", "static"] {
        println!("cargo::rerun-if-changed={folder}");
    }
}
