//! Two months: who wrote when, how it went, and what is still open.

use std::collections::HashMap;

use anyhow::{Context, Result};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::mpsc;

use crate::domain::ids::{UserId, WorkspaceId};
use crate::store::rows::Rows;

use super::chance::Chance;
use super::course::{Ending, live};
use super::customers::{self, Customers, KNOWN, PHONES};
use super::life::Life;
use super::stories::Stories;
use super::tables::PastContact;
use super::workplace::Shop;

/// How much of a past is made up.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    /// Conversations that are over.
    pub past: usize,
    /// How many days back the first began.
    pub days: u32,
}

/// Some of a past, or its end.
#[derive(Debug)]
pub(super) enum Part {
    Lives { contacts: Vec<PastContact>, rows: Box<Rows> },
    End,
}

/// Conversations that are handed on together at least.
const PART: usize = 250;

/// People and their conversations, as they are made up.
struct Past {
    workspace: WorkspaceId,
    contacts: Vec<PastContact>,
    rows: Rows,
    /// Conversations among these, and those that were handed on already.
    kept: usize,
    sent: usize,
    to: mpsc::Sender<Part>,
}

/// What is open when the demo starts: how it stands, and how many minutes ago it began.
const OPEN: [(Ending, i64); 10] = [
    (Ending::Waiting, 6),
    (Ending::Waiting, 11),
    (Ending::Waiting, 23),
    (Ending::Held { turns: 0 }, 19),
    (Ending::Held { turns: 1 }, 34),
    (Ending::Held { turns: 2 }, 41),
    (Ending::Held { turns: 2 }, 58),
    (Ending::Held { turns: 3 }, 75),
    (Ending::Held { turns: 4 }, 90),
    (Ending::Held { turns: 2 }, 130),
];

/// Of these, what one agent holds at most: everybody has room for what comes.
const HELD_EACH: usize = 2;

/// Makes up a past that ends at `now`, and hands it on in parts. Takes its time and the thread it runs on.
///
/// # Errors
/// When the stories cannot be read or told, or when nobody takes the parts.
pub(super) fn imagine(shop: &Shop, size: Size, now: Timestamp, to: mpsc::Sender<Part>) -> Result<()> {
    let stories = Stories::read()?;
    let mut chance = Chance::new(20_260_301);
    let mut customers = Customers::default();
    let mut past = Past { workspace: shop.id, contacts: Vec::new(), rows: Rows::of(shop.id), kept: 0, sent: 0, to };
    for (phone, language) in KNOWN {
        let owner = customers::owner(&PHONES[phone], language, &mut chance);
        let mut life = Life::new(shop, &mut chance, owner, now - SignedDuration::from_hours(24 * 40));
        for _ in 0..2 {
            live(&mut life, &stories, language, Ending::Resolved)?;
            life.now += SignedDuration::from_hours(24 * 16);
        }
        past.keep(life)?;
    }
    while past.len() < size.past {
        let left = size.past - past.len();
        past.keep_if_over(customer_with_history(shop, &stories, &mut chance, &mut customers, size, now, left)?, now)?;
    }
    let mut held: HashMap<UserId, usize> = HashMap::new();
    for (ending, minutes) in OPEN {
        // At night nobody has taken what came to a closed queue. Others never close, and have agents enough.
        loop {
            let (contact, identity, language) = customers.next(&mut chance);
            let mut life = Life::new(shop, &mut chance, (contact, identity), now - SignedDuration::from_mins(minutes));
            live(&mut life, &stories, language, ending)?;
            let holds = life.controller().agent().map(|agent| held.entry(agent).or_default());
            if ending == Ending::Waiting || holds.as_ref().is_some_and(|holds| **holds < HELD_EACH) {
                holds.into_iter().for_each(|holds| *holds += 1);
                past.keep(life)?;
                break;
            }
        }
    }
    past.end()
}

impl Past {
    fn len(&self) -> usize {
        self.sent + self.kept
    }

    fn keep(&mut self, life: Life<'_>) -> Result<()> {
        let (contact, rows) = life.kept();
        self.contacts.push(contact);
        self.kept += rows.conversations().count();
        self.rows.append(rows);
        if self.kept < PART { Ok(()) } else { self.hand_on() }
    }

    /// A life that reaches into the future is forgotten.
    fn keep_if_over(&mut self, life: Life<'_>, now: Timestamp) -> Result<()> {
        if life.now < now { self.keep(life) } else { Ok(()) }
    }

    fn hand_on(&mut self) -> Result<()> {
        self.sent += std::mem::take(&mut self.kept);
        let rows = Box::new(std::mem::replace(&mut self.rows, Rows::of(self.workspace)));
        let lives = Part::Lives { contacts: std::mem::take(&mut self.contacts), rows };
        self.to.blocking_send(lives).context("nobody stores the demo's past")
    }

    fn end(mut self) -> Result<()> {
        self.hand_on()?;
        self.to.blocking_send(Part::End).context("nobody stores the demo's past")
    }
}

/// Somebody who wrote once, or a few times with days between.
fn customer_with_history<'a>(
    shop: &'a Shop,
    stories: &Stories,
    chance: &'a mut Chance,
    customers: &mut Customers,
    size: Size,
    now: Timestamp,
    left: usize,
) -> Result<Life<'a>> {
    let (contact, identity, language) = customers.next(chance);
    let times = match chance.below(100) {
        0..68 => 1,
        68..90 => 2,
        _ => 3,
    };
    let since = chance.within(f64::from(size.days) * 24.0, now);
    let mut life = Life::new(shop, chance, (contact, identity), since);
    for time in 0..left.min(times) {
        if time > 0 {
            life.wait(2.0 * 86_400.0, 15.0 * 86_400.0);
        }
        if life.now + SignedDuration::from_hours(1) > now {
            break;
        }
        live(&mut life, stories, language, Ending::Resolved)?;
    }
    Ok(life)
}
