//! Who appears in the samples.

use baton::domain::access::Role;
use baton::domain::agent::{Availability, Presence};
use baton::domain::ids::{QueueId, UserId};
use baton::domain::lease::Lease;
use baton::domain::looks::Looks;
use baton::web::conversations::view::{Target, TransferTargets};
use baton::web::inbox::tabs::Counts;
use baton::web::layouts::chrome::{Chrome, Person, QueueName, Viewer};
use baton::web::locale::Locale;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

/// The moment of all samples: now, so that clocks in the browser run on from it.
pub fn now() -> Timestamp {
    Timestamp::now()
}

pub fn ago(minutes: i64) -> Timestamp {
    now() - SignedDuration::from_mins(minutes)
}

pub fn ana() -> Person {
    Person { id: UserId(Uuid::from_u128(1)), name: "Ana Castillo".to_owned() }
}

pub fn ben() -> Person {
    Person { id: UserId(Uuid::from_u128(2)), name: "Ben Okafor".to_owned() }
}

pub fn queue(number: u128) -> QueueName {
    let name = ["Orders", "Returns", "Billing"][usize::try_from(number).unwrap() % 3];
    QueueName { id: QueueId(Uuid::from_u128(100 + number)), name: name.to_owned() }
}

pub fn chrome(locale: Locale, role: Role) -> Chrome {
    Chrome {
        locale,
        csrf: "token".to_owned(),
        viewer: Viewer {
            id: ana().id,
            name: ana().name,
            role: role.into(),
            availability: Availability::Online,
            works_elsewhere: false,
            is_owner: false,
            looks: Looks::default(),
            picture: None,
        },
        counts: Counts { mine: 4, queues: 11, unassigned: 3 },
        now: now(),
    }
}

pub fn targets() -> TransferTargets {
    let person = |number: u128, name: &str, presence, load| Target {
        person: Person { id: UserId(Uuid::from_u128(number)), name: name.to_owned() },
        presence,
        load,
        capacity: 8,
    };
    TransferTargets {
        lease: Lease::default(),
        people: vec![
            person(2, "Ben Okafor", Presence::Online, 3),
            person(3, "Chiara Ricci", Presence::Online, 8),
            person(4, "Dmitri Volkov", Presence::Away, 2),
            person(5, "Eun-ji Park", Presence::Offline, 0),
        ],
        queues: vec![queue(0), queue(1), queue(2)],
    }
}
