//! Webhooks as Meta sends them, one message each, written and signed beforehand.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};

use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use sha2::Sha256;

use crate::seed::{APP_ID, APP_SECRET, NAME, PHONE_NUMBER_ID, WABA_ID};

/// What makes a body about a kilobyte long.
const WORDS: &str = "Good morning! My parcel was to come on Tuesday, but the tracking page has not changed since Friday and nobody \
                     answers the door bell of the depot. Could you find out where it is, please? It is a present for Saturday. \
                     If it cannot come in time, I would rather fetch it myself from wherever it lies now. Thank you very much! \
                     I have looked at the page of the carrier three times today and it says nothing but that the parcel is on its \
                     way, which it has now said for more than a week; could you please find out where it is and call me back?";

/// What a message's text begins with, so that its frame is recognised.
pub const MARK: &str = "message #";

/// Digits behind the mark.
pub const DIGITS: usize = 8;

/// A whole request that brings the `number`th message of a measurement, from the customer with this telephone number.
pub fn request(address: SocketAddr, customer: &str, number: usize) -> Vec<u8> {
    signed(address, &body(customer, number))
}

/// A whole request that tells how far a message of ours to this customer got.
pub fn status(address: SocketAddr, customer: &str, wamid: &str, status: &str, callback: &str) -> Vec<u8> {
    let told = format!(
        r#"{{"id":"{wamid}","status":"{status}","timestamp":"{}","recipient_id":"{customer}","biz_opaque_callback_data":"{callback}"}}"#,
        Timestamp::now().as_second(),
    );
    signed(address, &envelope("statuses", "", &told))
}

fn signed(address: SocketAddr, body: &str) -> Vec<u8> {
    format!(
        "POST /webhooks/whatsapp/{APP_ID} HTTP/1.1\r\nHost: {address}\r\nUser-Agent: facebookexternalua\r\nAccept: */*\r\n\
         Content-Type: application/json\r\nX-Hub-Signature-256: sha256={}\r\nContent-Length: {}\r\n\r\n{body}",
        signature(body.as_bytes()),
        body.len(),
    )
    .into_bytes()
}

fn body(customer: &str, number: usize) -> String {
    let text = format!("{MARK}{number:0DIGITS$} {WORDS}");
    let contact = format!(r#""contacts":[{{"profile":{{"name":"{NAME}"}},"wa_id":"{customer}"}}],"#);
    let message = format!(
        r#"{{"from":"{customer}","id":"{}","timestamp":"{}","text":{{"body":"{text}"}},"type":"text"}}"#,
        fresh_wamid(),
        Timestamp::now().as_second(),
    );
    envelope("messages", &contact, &message)
}

/// A body that tells one thing of this kind, and `beside` it what belongs to it; written out, because no library is being measured here.
fn envelope(kind: &str, beside: &str, told: &str) -> String {
    let metadata = format!(r#"{{"display_phone_number":"15550100000","phone_number_id":"{PHONE_NUMBER_ID}"}}"#);
    let value = format!(r#"{{"messaging_product":"whatsapp","metadata":{metadata},{beside}"{kind}":[{told}]}}"#);
    let changes = format!(r#"[{{"value":{value},"field":"messages"}}]"#);
    format!(r#"{{"object":"whatsapp_business_account","entry":[{{"id":"{WABA_ID}","changes":{changes}}}]}}"#)
}

/// Never the same twice in this process.
pub fn fresh_wamid() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    format!("wamid.HBgLMTY1MDM4Nzk0MzkVAgASGBQ{:020}AA==", NEXT.fetch_add(1, Ordering::Relaxed))
}

fn signature(body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(APP_SECRET.as_bytes()).expect("a key of any length will do");
    mac.update(body);
    hex::encode(mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn baton_takes_the_signature() {
        let body = body("15550000001", 7);
        let header = format!("sha256={}", signature(body.as_bytes()));
        assert!(baton::channels::whatsapp::signature::verify(APP_SECRET, Some(&header), body.as_bytes()));
    }

    #[test]
    fn a_body_is_about_a_kilobyte_and_never_the_same() {
        let (one, other) = (body("15550000001", 7), body("15550000001", 7));
        assert!((900..1_100).contains(&one.len()), "{}", one.len());
        serde_json::from_str::<serde_json::Value>(&one).unwrap();
        assert_ne!(one, other);
    }
}
