//! Who has the machine: many quick worlds at once, or one that is measured.

use std::fs::{self, File};
use std::path::Path;

/// Held as long as the world lives; tests of other processes wait for it too.
pub struct Turn(#[allow(dead_code, reason = "the lock is what it is for")] File);

impl Turn {
    pub fn shared() -> Self {
        let file = file();
        file.lock_shared().unwrap();
        Self(file)
    }

    pub fn alone() -> Self {
        let file = file();
        file.lock().unwrap();
        Self(file)
    }
}

fn file() -> File {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    fs::create_dir_all(folder).unwrap();
    File::create(folder.join("machine.lock")).unwrap()
}
