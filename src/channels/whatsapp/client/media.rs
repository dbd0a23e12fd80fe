//! Files: uploads before a send, and fetching what customers send.

use bytes::Bytes;
use reqwest::StatusCode;
use reqwest::multipart::{Form, Part};
use serde_json::Value;
use url::Url;

use super::{Client, Error, read, refusal, unreachable, words};

/// Hosts that Meta serves media from; themselves and everything below them.
const MEDIA_HOSTS: [&str; 3] = ["fbsbx.com", "facebook.com", "whatsapp.net"];

const LARGEST_REFUSAL: usize = 64 * 1024;

/// Where a customer's file can be fetched for the next five minutes, and what WhatsApp says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaAddress {
    pub url: Url,
    /// As told; the bytes decide.
    pub mime_type: Option<String>,
    pub length: Option<u64>,
}

impl Client {
    /// Uploads a file, so that it can be sent by its id for 30 days.
    ///
    /// # Errors
    /// [`Error`]; an upload may be repeated.
    pub async fn upload(&self, phone_number_id: &str, access_token: &str, bytes: Bytes, mime_type: &str) -> Result<String, Error> {
        let length = bytes.len() as u64;
        let extension = mime_type.rsplit('/').next().unwrap_or("bin").to_owned();
        let file = Part::stream_with_length(bytes, length).file_name(format!("file.{extension}"));
        let file = file.mime_str(mime_type).map_err(|error| Error::Unexpected { reason: words(error) })?;
        let form = Form::new().text("messaging_product", "whatsapp").text("type", mime_type.to_owned()).part("file", file);
        let request = self.http.post(self.address(&[phone_number_id, "media"])).bearer_auth(access_token).multipart(form);
        let answer = self.ask(request).await?;
        id_of(&answer).ok_or_else(|| Error::Unexpected { reason: "an upload without an id".to_owned() })
    }

    /// Asks where a file is. Its id is good for seven days when it came by webhook.
    ///
    /// # Errors
    /// [`Error`], also when the address is not one of WhatsApp's.
    pub async fn media_address(&self, access_token: &str, media_id: &str) -> Result<MediaAddress, Error> {
        let answer = self.ask(self.http.get(self.address(&[media_id])).bearer_auth(access_token)).await?;
        let text = |key: &str| answer.get(key).and_then(Value::as_str);
        let url = text("url").and_then(|url| Url::parse(url).ok());
        let url = url.ok_or_else(|| Error::Unexpected { reason: "a file without an address".to_owned() })?;
        self.allow(&url)?;
        // A string in Meta's documents, a number in the wild.
        let length = answer.get("file_size").and_then(|size| size.as_u64().or_else(|| size.as_str()?.parse().ok()));
        Ok(MediaAddress { url, mime_type: text("mime_type").map(str::to_owned), length })
    }

    /// Fetches a file of at most `limit` bytes. The access token goes only to WhatsApp's own hosts, and redirects are not followed.
    ///
    /// # Errors
    /// [`Error::Expired`] when the address is older than five minutes; [`Error::TooLarge`], [`Error::ForeignHost`], and the others.
    pub async fn download(&self, access_token: &str, url: &Url, limit: usize) -> Result<Bytes, Error> {
        self.allow(url)?;
        let response = self.http.get(url.clone()).bearer_auth(access_token).send().await.map_err(unreachable)?;
        match response.status() {
            StatusCode::OK => read(response, limit).await,
            StatusCode::NOT_FOUND => Err(Error::Expired),
            status => Err(refusal(status, &read(response, LARGEST_REFUSAL).await?)),
        }
    }

    /// Only Meta's hosts over TLS, and the server that the Graph API itself is at.
    fn allow(&self, url: &Url) -> Result<(), Error> {
        let host = url.host_str().unwrap_or("");
        let is_metas = MEDIA_HOSTS.iter().any(|metas| host == *metas || host.strip_suffix(metas).is_some_and(|rest| rest.ends_with('.')));
        if (url.scheme() == "https" && is_metas) || url.origin() == self.graph_url.origin() {
            return Ok(());
        }
        Err(Error::ForeignHost { host: host.to_owned() })
    }
}

fn id_of(answer: &Value) -> Option<String> {
    match answer.get("id")? {
        Value::String(id) if !id.is_empty() => Some(id.clone()),
        Value::Number(id) => Some(id.to_string()),
        _ => None,
    }
}
