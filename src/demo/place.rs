//! Where private servers live: one folder with their files, one with their sockets, one with what they print.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

use super::account::Account;

/// The longest path of a socket is 107 bytes; this much of it is kept for the name of ours.
const LONGEST_SOCKET_FOLDER: usize = 107 - "/.s.PGSQL.5432.lock".len();

/// Where private servers live, and as whom.
#[derive(Debug, Clone)]
pub struct Place {
    /// What was asked for; logs are here.
    pub folder: PathBuf,
    /// Holds `postgres/` and `redis/`. The same, unless the account cannot get there.
    pub databases: PathBuf,
    /// Holds the sockets; a short path.
    pub sockets: PathBuf,
    pub account: Account,
}

impl Place {
    /// Prepares `folder` (made when missing). When started by root under a folder that no other account may enter, such as
    /// `/root`, the databases go to `/var/tmp`; when the path is too long for a socket, sockets go to `/tmp`. Both names are
    /// worked out from `folder`, so the next start finds them again.
    ///
    /// # Errors
    /// In one sentence, when a folder cannot be made or there is no account to run as.
    pub fn prepare(folder: &Path) -> Result<Self> {
        let shown = folder.display();
        fs::create_dir_all(folder.join("log")).with_context(|| format!("the folder {shown} cannot be written"))?;
        let folder = folder.canonicalize().with_context(|| format!("the folder {shown} cannot be read"))?;
        let account = Account::for_servers(&folder.join("postgres"))?;
        let databases = if account.can_reach(&folder) { folder.clone() } else { elsewhere("/var/tmp", &folder) };
        if databases != folder {
            make_passage(&databases)?;
        }
        let beside = databases.join("sockets");
        let sockets = if beside.as_os_str().as_bytes().len() <= LONGEST_SOCKET_FOLDER { beside } else { elsewhere("/tmp", &folder) };
        account.make_folder(&sockets)?;
        Ok(Self { folder, databases, sockets, account })
    }

    /// Where `program` prints to.
    #[must_use]
    pub fn log(&self, program: &str) -> PathBuf {
        self.folder.join("log").join(format!("{program}.log"))
    }
}

/// Removes a folder if it is there.
///
/// # Errors
/// When it cannot be removed.
pub fn remove(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("{} cannot be removed", folder.display()))
        }
        _ => Ok(()),
    }
}

/// A folder that is ours and that the lent account may pass through.
fn make_passage(folder: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    Account::Own.make_folder(folder)?;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o711)).with_context(|| format!("{} cannot be opened", folder.display()))
}

fn elsewhere(root: &str, folder: &Path) -> PathBuf {
    let digest = Sha256::digest(folder.as_os_str().as_bytes());
    Path::new(root).join(format!("baton-{}", hex::encode(&digest[..8])))
}
