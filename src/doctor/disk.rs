//! Room for pictures.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::config::Config;

use super::Finding;

const GIGABYTE: u64 = 1024 * 1024;

/// In kilobytes, as `df` counts.
const LEAST: u64 = GIGABYTE;
const COMFORTABLE: u64 = 10 * GIGABYTE;

pub(super) fn examine(config: &Config) -> Finding {
    let Ok(folder) = config.media_url.to_file_path() else {
        return Finding::fine(format!("Pictures are kept at {}.", config.media_url));
    };
    match free_kilobytes(&nearest(&folder)) {
        Some(free) => judge(&folder, free),
        None => Finding::doubtful(format!("How much room {} has could not be asked of `df`; look yourself.", folder.display())),
    }
}

pub(super) fn free_bytes(config: &Config) -> Option<u64> {
    let folder = config.media_url.to_file_path().ok()?;
    free_kilobytes(&nearest(&folder)).map(|free| free * 1024)
}

fn judge(folder: &Path, free: u64) -> Finding {
    let shown = folder.display();
    #[expect(clippy::cast_precision_loss, reason = "shown with one decimal")]
    let gigabytes = free as f64 / GIGABYTE as f64;
    match free {
        0..LEAST => Finding::wrong(format!("Only {gigabytes:.1} GB are free for pictures in {shown}; make room, or move BATON_MEDIA_URL.")),
        LEAST..COMFORTABLE => Finding::doubtful(format!("{gigabytes:.1} GB are free for pictures in {shown}; make room soon.")),
        COMFORTABLE.. => Finding::fine(format!("{gigabytes:.0} GB are free for pictures in {shown}.")),
    }
}

/// The folder itself, or the one above it that exists: it is made with the first picture.
fn nearest(folder: &Path) -> PathBuf {
    folder.ancestors().find(|folder| folder.exists()).unwrap_or(Path::new("/")).to_owned()
}

/// `df -Pk`: a heading, then device, size, used, free …
fn free_kilobytes(folder: &Path) -> Option<u64> {
    let output = Command::new("df").arg("-Pk").arg(folder).output().ok()?;
    String::from_utf8(output.stdout).ok()?.lines().nth(1)?.split_whitespace().nth(3)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Health;

    #[test]
    fn little_room_is_wrong_and_some_is_doubtful() {
        let folder = Path::new("/srv/media");
        assert_eq!(judge(folder, 500 * 1024).health, Health::Wrong);
        assert_eq!(judge(folder, 2 * GIGABYTE).health, Health::Doubtful);
        assert_eq!(judge(folder, 200 * GIGABYTE).words, "200 GB are free for pictures in /srv/media.");
    }

    #[test]
    fn a_folder_that_is_not_there_yet_is_measured_where_it_will_be() {
        assert_eq!(nearest(Path::new("/proc/self/not/there")), Path::new("/proc/self"));
        assert!(free_kilobytes(Path::new("/")).is_some());
    }
}
