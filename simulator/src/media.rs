//! Media: files a business uploaded or a person sent, and addresses that live five minutes (fact sheet 6).

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::{
    clock::{DAY, Millis, SECOND},
    errors::GraphError,
    ids::{self, Origin},
};

/// How long a download address lives.
pub const URL_LIFE: Millis = 300 * SECOND;
/// Bytes kept in all; the oldest files make room.
pub const STORE_LIMIT: usize = 512 * 1024 * 1024;
/// Files kept; the oldest make room.
pub const FILE_LIMIT: usize = 20_000;
/// Addresses kept; the oldest make room.
pub const URL_LIMIT: usize = 20_000;
/// Largest file a person can send: 100 MB.
pub const INBOUND_LIMIT: usize = 100 * 1024 * 1024;

const MIB: usize = 1024 * 1024;

/// A file.
#[derive(Clone, Debug)]
pub struct Media {
    /// Its id.
    pub id: Arc<str>,
    /// The business number it belongs to.
    pub number: Arc<str>,
    /// Its MIME type.
    pub mime_type: String,
    /// Its content.
    pub bytes: Bytes,
    digest: [u8; 32],
    expires: Millis,
}

impl Media {
    /// The digest in hexadecimal, as `GET /{media-id}` has it.
    pub fn sha256_hex(&self) -> String {
        hex::encode(self.digest)
    }

    /// The digest in base64, as webhooks have it (fact sheet 2.2).
    pub fn sha256_base64(&self) -> String {
        STANDARD.encode(self.digest)
    }

    /// What a message of a person says about it.
    pub fn in_message(&self, url: &str) -> Value {
        json!({"mime_type": self.mime_type, "sha256": self.sha256_base64(), "id": self.id, "url": url})
    }
}

/// All files and addresses.
#[derive(Debug, Default)]
pub struct MediaStore {
    files: HashMap<Arc<str>, Media>,
    order: VecDeque<Arc<str>>,
    size: usize,
    urls: HashMap<String, (Arc<str>, Millis)>,
    url_order: VecDeque<String>,
    links: HashMap<String, Arc<str>>,
}

impl MediaStore {
    /// Keeps a file: 30 days when uploaded, 7 when a person sent it.
    pub fn add(&mut self, number: &str, mime_type: &str, bytes: Bytes, origin: Origin, now: Millis) -> Media {
        let days = match origin {
            Origin::Business => 30,
            Origin::User => 7,
        };
        let media = Media {
            id: Arc::from(ids::number()),
            number: Arc::from(number),
            mime_type: mime_type.to_owned(),
            digest: Sha256::digest(&bytes).into(),
            bytes,
            expires: now + days * DAY,
        };
        self.size += media.bytes.len();
        self.order.push_back(media.id.clone());
        self.files.insert(media.id.clone(), media.clone());
        while self.size > STORE_LIMIT || self.order.len() > FILE_LIMIT {
            let Some(oldest) = self.order.pop_front() else { break };
            self.remove(&oldest);
        }
        media
    }

    /// The file with this id, unless it has expired.
    pub fn get(&self, id: &str, now: Millis) -> Option<&Media> {
        self.files.get(id).filter(|media| now < media.expires)
    }

    /// Forgets a file. Answers whether there was one.
    pub fn remove(&mut self, id: &str) -> bool {
        let removed = self.files.remove(id);
        self.size -= removed.as_ref().map_or(0, |media| media.bytes.len());
        removed.is_some()
    }

    /// Remembers which file was fetched from `link`. Forgets all links beyond [`URL_LIMIT`].
    pub fn name_link(&mut self, link: &str, id: &Arc<str>) {
        if self.links.len() >= URL_LIMIT {
            self.links.clear();
        }
        self.links.insert(link.to_owned(), id.clone());
    }

    /// The file fetched from `link`.
    pub fn behind_link(&self, link: &str) -> Option<&Arc<str>> {
        self.links.get(link)
    }

    /// The key of a new download address of a file.
    pub fn open_url(&mut self, id: &Arc<str>, now: Millis) -> String {
        let key = ids::key();
        self.urls.insert(key.clone(), (id.clone(), now + URL_LIFE));
        self.url_order.push_back(key.clone());
        if self.url_order.len() > URL_LIMIT
            && let Some(oldest) = self.url_order.pop_front()
        {
            self.urls.remove(&oldest);
        }
        key
    }

    /// The file behind a download address that still lives.
    pub fn behind_url(&self, key: &str, now: Millis) -> Option<&Media> {
        let (id, expires) = self.urls.get(key)?;
        if now >= *expires {
            return None;
        }
        self.get(id, now)
    }
}

/// Largest upload of this MIME type in bytes, or why it is not supported.
pub fn upload_limit(mime_type: &str) -> Result<usize, GraphError> {
    let kind = mime_type.split(';').next().unwrap_or_default().trim();
    match kind {
        "image/jpeg" | "image/png" => Ok(5 * MIB),
        "image/webp" => Ok(500 * 1024),
        "video/mp4" | "video/3gpp" => Ok(16 * MIB),
        "audio/aac" | "audio/amr" | "audio/mpeg" | "audio/mp4" | "audio/ogg" | "audio/opus" => Ok(16 * MIB),
        "text/plain" | "application/pdf" | "application/msword" | "application/vnd.ms-excel" | "application/vnd.ms-powerpoint" => {
            Ok(100 * MIB)
        }
        _ if kind.starts_with("application/vnd.openxmlformats-officedocument.") => Ok(100 * MIB),
        _ => Err(GraphError::new(100, format!("Param file must be a file with one of the supported types, not {kind}."))),
    }
}

/// The MIME type of bytes nobody named one for.
pub fn sniff(bytes: &[u8]) -> &'static str {
    infer::get(bytes).map_or("application/octet-stream", |kind| kind.mime_type())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_dies_after_five_minutes() {
        let mut store = MediaStore::default();
        let media = store.add("1", "image/png", Bytes::from_static(b"png"), Origin::Business, 0);
        let key = store.open_url(&media.id, 0);
        assert!(store.behind_url(&key, URL_LIFE - 1).is_some());
        assert!(store.behind_url(&key, URL_LIFE).is_none());
        assert!(store.get(&media.id, 30 * DAY - 1).is_some());
        assert!(store.get(&media.id, 30 * DAY).is_none());
        assert!(store.remove(&media.id));
        assert!(!store.remove(&media.id));
    }
}
