//! The installation on pages.

use askama::Template;
use askama_web::WebTemplate;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::doctor::{Finding, Health};
use crate::store::nodes::Node;
use crate::store::quarantine::Settlement;
use crate::store::system::Size;
use crate::web::layouts::chrome::Chrome;
use crate::web::layouts::time;
use crate::web::layouts::ui;

/// How long a node may say nothing before it counts as away.
const AWAY: SignedDuration = SignedDuration::from_secs(30);

/// `GET /system`
#[derive(Template, WebTemplate)]
#[template(path = "system/page.html")]
pub struct SystemPage {
    pub chrome: Chrome,
    pub nodes: Vec<Node>,
    pub rows: Vec<Row>,
    /// Migrations that are missing.
    pub pending: Vec<String>,
    pub sizes: Size,
    /// Bytes that are free for pictures, where they are in a folder.
    pub free: Option<u64>,
    /// Names of keys, and how many secrets are sealed with each.
    pub keys: Vec<(String, i64)>,
    /// The key that seals now.
    pub current_key: String,
    /// What belongs to nobody and waits for a person.
    pub aside: i64,
}

/// How much of something waits, and since when.
#[derive(Debug)]
pub struct Row {
    pub key: &'static str,
    pub oldest: Option<Timestamp>,
    pub count: i64,
}

/// `GET /system/doctor`
#[derive(Template, WebTemplate)]
#[template(path = "system/doctor.html")]
pub struct DoctorPage {
    pub chrome: Chrome,
    pub findings: Vec<Finding>,
}

/// `GET /system/quarantine`
#[derive(Template, WebTemplate)]
#[template(path = "system/quarantine.html")]
pub struct QuarantinePage {
    pub chrome: Chrome,
    pub items: Vec<Item>,
    pub numbers: Vec<UnknownNumber>,
    /// Whether it shows what somebody has decided about already.
    pub shows_settled: bool,
    pub did: Option<&'static str>,
}

/// Something that was set aside.
#[derive(Debug)]
pub struct Item {
    pub id: Uuid,
    pub source: String,
    pub reason: String,
    pub at: Timestamp,
    pub text: String,
    pub settled: Option<Settlement>,
    /// Whether its body is kept still.
    pub has_body: bool,
}

/// A number that bodies name and nobody has connected.
#[derive(Debug)]
pub struct UnknownNumber {
    pub address: String,
    pub count: usize,
    pub at: Timestamp,
}

impl SystemPage {
    fn version(&self) -> &'static str {
        env!("CARGO_PKG_VERSION")
    }

    fn is_away(&self, node: &Node) -> bool {
        self.chrome.now.duration_since(node.seen_at) > AWAY
    }

    fn is_old(&self, key: &str) -> bool {
        key != self.current_key
    }

    fn database(&self) -> String {
        bytes(u64::try_from(self.sizes.database).unwrap_or(0))
    }

    fn free_room(&self) -> Option<String> {
        self.free.map(bytes)
    }

    fn pictures(&self) -> String {
        bytes(u64::try_from(self.sizes.picture_bytes).unwrap_or(0))
    }
}

/// As people read it: with the unit that leaves at most three figures before the point.
fn bytes(count: u64) -> String {
    const UNITS: [&str; 5] = ["B", "kB", "MB", "GB", "TB"];
    #[expect(clippy::cast_precision_loss, reason = "shown with one decimal")]
    let (mut rest, mut unit) = (count as f64, 0);
    while rest >= 1_000.0 && unit + 1 < UNITS.len() {
        rest /= 1_000.0;
        unit += 1;
    }
    if unit == 0 { format!("{rest:.0} {}", UNITS[unit]) } else { format!("{rest:.1} {}", UNITS[unit]) }
}

impl DoctorPage {
    fn icon(&self, finding: &Finding) -> &'static str {
        match finding.health {
            Health::Fine => "circle-check",
            Health::Doubtful => "circle-help",
            Health::Wrong => "circle-x",
        }
    }

    fn state(&self, finding: &Finding) -> &'static str {
        match finding.health {
            Health::Fine => "done",
            Health::Doubtful => "open",
            Health::Wrong => "failed",
        }
    }

    fn words(&self, finding: &Finding) -> &'static str {
        match finding.health {
            Health::Fine => "system.fine",
            Health::Doubtful => "system.doubtful",
            Health::Wrong => "system.wrong",
        }
    }
}

impl QuarantinePage {
    fn settled_key(&self, settled: &Settlement) -> &'static str {
        if settled.is_retry { "system.was_retried" } else { "system.was_left" }
    }
}

#[cfg(test)]
mod tests {
    use super::bytes;

    #[test]
    fn sizes_are_read_in_the_unit_that_fits() {
        let shown: Vec<String> = [0, 999, 1_000, 15_400_000, 2_500_000_000].into_iter().map(bytes).collect();
        assert_eq!(shown, ["0 B", "999 B", "1.0 kB", "15.4 MB", "2.5 GB"]);
    }
}
