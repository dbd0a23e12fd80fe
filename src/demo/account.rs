//! Who the private servers run as. PostgreSQL refuses root, so a demo started by root lends them another account.

use std::fs;
use std::os::unix::fs::{MetadataExt, chown};
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// The accounts that root lends, in order of preference.
const LENT: [&str; 2] = ["postgres", "nobody"];

/// Who a private server runs as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Account {
    /// Whoever started us.
    Own,
    Lent {
        name: String,
        user: u32,
        group: u32,
    },
}

impl Account {
    /// Our own account, unless that is root. Then the one that `folder` already belongs to, else `postgres`, else `nobody`.
    ///
    /// # Errors
    /// When root has no account to lend.
    pub fn for_servers(folder: &Path) -> Result<Self> {
        if fs::metadata("/proc/self").context("/proc cannot be read")?.uid() != 0 {
            return Ok(Self::Own);
        }
        let accounts = fs::read_to_string("/etc/passwd").context("/etc/passwd cannot be read")?;
        let owner = fs::metadata(folder).ok().map(|folder| folder.uid()).filter(|owner| *owner != 0);
        let owner = owner.and_then(|owner| accounts.lines().filter_map(Self::parse).find(|account| account.user() == Some(owner)));
        let lent = || LENT.iter().find_map(|name| accounts.lines().filter_map(Self::parse).find(|account| account.is_called(name)));
        match owner.or_else(lent) {
            Some(account) => Ok(account),
            None => {
                bail!("PostgreSQL refuses to run as root and there is neither an account `postgres` nor `nobody`; run this as another user")
            }
        }
    }

    /// A line of `/etc/passwd`: name, password, user, group …
    fn parse(line: &str) -> Option<Self> {
        let mut fields = line.split(':');
        let (name, _, user, group) = (fields.next()?, fields.next()?, fields.next()?, fields.next()?);
        Some(Self::Lent { name: name.to_owned(), user: user.parse().ok()?, group: group.parse().ok()? })
    }

    fn user(&self) -> Option<u32> {
        match self {
            Account::Own => None,
            Account::Lent { user, .. } => Some(*user),
        }
    }

    fn is_called(&self, wanted: &str) -> bool {
        matches!(self, Account::Lent { name, .. } if name == wanted)
    }

    /// How `setpriv` is told to become this account.
    pub(super) fn options(&self) -> Vec<String> {
        match self {
            Account::Own => Vec::new(),
            Account::Lent { user, group, .. } => vec![format!("--reuid={user}"), format!("--regid={group}"), "--init-groups".to_owned()],
        }
    }

    /// Makes `folder`, closed to everyone else, and its own. One that is there must belong to it already or to us, so that nobody
    /// can lay a trap at a path that can be guessed.
    ///
    /// # Errors
    /// In one sentence.
    pub fn make_folder(&self, folder: &Path) -> Result<()> {
        use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
        let shown = folder.display();
        match fs::DirBuilder::new().mode(0o700).create(folder) {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => self.check_owner(folder)?,
            Err(error) => bail!("the folder {shown} cannot be made: {error}"),
        }
        if let Account::Lent { user, group, .. } = self {
            chown(folder, Some(*user), Some(*group)).with_context(|| format!("the folder {shown} cannot be given away"))?;
        }
        fs::set_permissions(folder, fs::Permissions::from_mode(0o700)).with_context(|| format!("the folder {shown} cannot be closed"))
    }

    fn check_owner(&self, folder: &Path) -> Result<()> {
        let found = fs::symlink_metadata(folder)?;
        let us = fs::metadata("/proc/self")?.uid();
        if found.is_dir() && (found.uid() == us || Some(found.uid()) == self.user()) {
            return Ok(());
        }
        bail!("{} is not a folder of ours (it belongs to user {}); move it away or start elsewhere", folder.display(), found.uid())
    }

    /// Whether this account can get to `folder` through all the folders above it.
    #[must_use]
    pub fn can_reach(&self, folder: &Path) -> bool {
        if *self == Account::Own {
            return true;
        }
        let mut command = Command::new("setpriv");
        command.args(self.options()).args(["--", "test", "-x"]).arg(folder).current_dir("/").stdin(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_read_from_its_line() {
        let account = Account::parse("postgres:x:101:104:PostgreSQL administrator,,,:/var/lib/postgresql:/bin/bash");
        assert_eq!(account, Some(Account::Lent { name: "postgres".to_owned(), user: 101, group: 104 }));
        assert_eq!(Account::parse("# a remark"), None);
        assert_eq!(Account::parse("+::::::"), None);
    }
}
