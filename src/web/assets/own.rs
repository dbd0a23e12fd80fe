//! The files of this build, and the version in their addresses.

use std::sync::LazyLock;

use rust_embed::{EmbeddedFile, RustEmbed};
use sha2::{Digest, Sha256};

use crate::store::assets::Asset;

#[derive(RustEmbed)]
#[folder = "static/"]
struct Files;

/// One version of all files together, as the program found them when it started. It stands before the path, so that a module
/// that imports its neighbour names the version too.
pub(super) static VERSION: LazyLock<String> = LazyLock::new(|| {
    let mut digest = Sha256::new();
    for path in Files::iter() {
        digest.update(path.as_bytes());
        digest.update(Files::get(&path).map(|file| file.metadata.sha256_hash()).unwrap_or_default());
    }
    short(&digest.finalize())
});

/// The address of a file under `static/`, which changes with the content: `/assets/1f3a…/styles/app.css`.
#[must_use]
pub fn asset_path(path: &str) -> String {
    format!("/assets/{}/{path}", *VERSION)
}

/// The files of this build, in the order of their paths: two nodes that keep them at once do not wait for each other crosswise.
pub(super) fn all() -> Vec<Asset> {
    let mut assets: Vec<Asset> = Files::iter().filter_map(|path| file(&path)).collect();
    assets.sort_by(|one, other| one.path.cmp(&other.path));
    assets
}

/// The file of this build at a path under `static/`.
pub(super) fn file(path: &str) -> Option<Asset> {
    let file = Files::get(path)?;
    Some(Asset { path: path.to_owned(), content_type: content_type(&file), content: file.data.into_owned() })
}

/// The first twelve hexadecimal digits of a digest.
pub(super) fn short(digest: &[u8]) -> String {
    hex::encode(&digest[..6])
}

fn content_type(file: &EmbeddedFile) -> String {
    let kind = file.metadata.mimetype();
    let is_text = kind.starts_with("text/") || kind.ends_with("javascript") || kind.ends_with("json");
    if is_text { format!("{kind}; charset=utf-8") } else { kind.to_owned() }
}
