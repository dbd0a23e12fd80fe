//! The demo's folder, and the lock that says it is in use.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD as BASE64;

/// The folder of one running demo; free again when dropped, and when the process ends in any other way.
#[derive(Debug)]
pub struct Home {
    folder: PathBuf,
    _lock: File,
}

impl Home {
    /// Takes `folder` (made when missing).
    ///
    /// # Errors
    /// In one sentence, when it cannot be written or another demo runs in it.
    pub fn open(folder: &Path) -> Result<Self> {
        fs::create_dir_all(folder).with_context(|| format!("the folder {} cannot be made here", folder.display()))?;
        let folder = folder.canonicalize()?;
        let lock = take(&folder)?;
        Ok(Self { folder, _lock: lock })
    }

    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What the demo's secrets are sealed with; made up once.
    ///
    /// # Errors
    /// When it can neither be read nor written.
    pub fn secret_key(&self) -> Result<String> {
        let path = self.folder.join("secret-key");
        match fs::read_to_string(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let key = format!("demo:{}", BASE64.encode(rand::random::<[u8; 32]>()));
                keep_whole(&path, &key).with_context(|| format!("{} cannot be written", path.display()))?;
                Ok(key)
            }
            read => read.with_context(|| format!("{} cannot be read", path.display())),
        }
    }

    /// Where pictures are kept.
    #[must_use]
    pub fn media(&self) -> PathBuf {
        self.folder.join("media")
    }
}

fn take(folder: &Path) -> Result<File> {
    let path = folder.join("demo.lock");
    let options = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
    let mut lock = options.with_context(|| format!("{} cannot be written", path.display()))?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            bail!("a demo already runs in this folder{}; stop it first, or start in another folder", holder(&mut lock))
        }
        Err(TryLockError::Error(error)) => bail!("{} cannot be locked: {error}", path.display()),
    }
    lock.set_len(0)?;
    write!(lock, "{}", std::process::id())?;
    Ok(lock)
}

fn holder(lock: &mut File) -> String {
    let mut id = String::new();
    match lock.read_to_string(&mut id) {
        Ok(_) if !id.is_empty() => format!(" (process {id})"),
        _ => String::new(),
    }
}

/// Writes a file that only its owner reads, all of it or nothing.
fn keep_whole(path: &Path, text: &str) -> std::io::Result<()> {
    let beside = path.with_extension("new");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&beside)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(beside, path)
}
