//! What people have begun to write, in several tabs and browsers at once.

use std::collections::BTreeMap;

use baton::domain::access::Role;
use baton::store::Store;
use baton::store::access::Sight;
use baton::store::drafts::{Draft, DraftKind, DraftPage, DraftPlace, DraftSaved};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::shop::Shop;

const PAGES: u128 = 6;
const SAVES_OF_EACH: i64 = 40;

async fn place(shop: &Shop) -> DraftPlace {
    let user = shop.hires("Ana", Role::Agent, 8).await.user;
    let conversation = shop.customers_wait(shop.support, 1).await[0];
    DraftPlace { sight: Sight::unbounded(shop.workspace, conversation), user, kind: DraftKind::Reply }
}

/// A save of page `number`, in its turn, on top of what it has seen.
fn page(number: u128, turn: i64, seen: i64) -> DraftPage {
    DraftPage { writer: Uuid::from_u128(number), turn, seen }
}

fn kept(version: i64, begins_or_ends: bool) -> DraftSaved {
    DraftSaved::Kept { version, begins_or_ends }
}

impl Shop {
    async fn saves(&self, place: DraftPlace, page: DraftPage, body: &str) -> DraftSaved {
        self.store.save_draft(place, page, body).await.unwrap()
    }

    async fn draft(&self, place: DraftPlace) -> Draft {
        self.store.drafts(place.sight, place.user).await.unwrap().of(place.kind).clone()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_is_kept_for_its_writer_an_answer_apart_from_a_note() {
    let shop = Shop::opens().await;
    let own = place(&shop).await;
    let ben = shop.hires("Ben", Role::Agent, 8).await.user;
    let note = DraftPlace { kind: DraftKind::Note, ..own };
    assert_eq!(shop.saves(own, page(1, 1, 0), "Dear").await, kept(1, true));
    assert_eq!(shop.saves(own, page(1, 2, 0), "Dear Mia").await, kept(2, false));
    assert_eq!(shop.saves(note, page(1, 1, 0), "She is in a hurry").await, kept(1, true));
    assert_eq!((shop.draft(own).await.body.as_str(), shop.draft(note).await.body.as_str()), ("Dear Mia", "She is in a hurry"));
    assert_eq!(shop.draft(DraftPlace { user: ben, ..own }).await, Draft::default());
    assert_eq!(shop.saves(own, page(1, 3, 0), "").await, kept(3, true), "an empty one ends it");
    assert_eq!(shop.draft(own).await.body, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_tab_overwrites_only_what_it_has_seen() {
    let shop = Shop::opens().await;
    let place = place(&shop).await;
    shop.saves(place, page(1, 1, 0), "from the first").await;
    let newer = Draft { body: "from the first".to_owned(), version: 1, writer: Uuid::from_u128(1), turn: 1, ..Draft::default() };
    for unseen in ["from the second", ""] {
        assert_eq!(shop.saves(place, page(2, 1, 0), unseen).await, DraftSaved::Overtaken(newer.clone()));
    }
    assert_eq!(shop.saves(place, page(2, 2, 1), "from the second").await, kept(2, false), "the person chose");
    let DraftSaved::Overtaken(newer) = shop.saves(place, page(1, 2, 1), "from the first, longer").await else {
        panic!("the first has not seen what the second wrote")
    };
    assert_eq!((newer.body.as_str(), newer.version), ("from the second", 2));
    assert_eq!((newer.overwritten_writer, newer.overwritten_turn), (Uuid::from_u128(1), 1), "what the first wrote had come, and is over");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_overtaken_on_the_wire_changes_nothing() {
    let shop = Shop::opens().await;
    let place = place(&shop).await;
    shop.saves(place, page(1, 2, 0), "Dear Mia").await;
    assert!(matches!(shop.saves(place, page(1, 1, 0), "Dear").await, DraftSaved::Overtaken(own) if own.body == "Dear Mia"));
    assert_eq!(shop.saves(place, page(1, 4, 1), "").await, kept(2, true), "it was sent");
    assert!(matches!(shop.saves(place, page(1, 3, 1), "Dear Mia,").await, DraftSaved::Overtaken(own) if own.body.is_empty()));
    assert_eq!(shop.draft(place).await.body, "", "a sent draft does not come back");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_tab_keeps_its_words_when_the_first_has_sent() {
    let shop = Shop::opens().await;
    let place = place(&shop).await;
    shop.saves(place, page(1, 1, 0), "from the first").await;
    shop.saves(place, page(1, 2, 1), "").await;
    assert_eq!(shop.saves(place, page(2, 1, 0), "from the second").await, kept(3, true));
    let late = shop.saves(place, page(1, 3, 2), "").await;
    assert!(matches!(late, DraftSaved::Overtaken(newer) if newer.body == "from the second"), "the first empties only its own");
    assert_eq!(shop.draft(place).await.body, "from the second");
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_that_race_overwrite_nothing_unseen() {
    let shop = Shop::opens().await;
    let place = place(&shop).await;
    let mut tasks = JoinSet::new();
    for number in 1..=PAGES {
        tasks.spawn(types(shop.store.clone(), place, number));
    }
    let mut history: BTreeMap<i64, (Vec<DraftPage>, String)> = BTreeMap::new();
    while let Some(saves) = tasks.join_next().await {
        for (version, (page, body)) in saves.unwrap() {
            // The same words again are no other version.
            let (pages, words) = history.entry(version).or_insert_with(|| (Vec::new(), body.clone()));
            assert_eq!(*words, body, "version {version} is other words too");
            pages.push(page);
        }
    }
    let versions: Vec<i64> = history.keys().copied().collect();
    assert_eq!(versions, (1..=i64::try_from(history.len()).unwrap()).collect::<Vec<_>>());
    assert!(history.len() > 1, "nobody overwrote anything");
    for (version, (pages, _)) in history.iter().skip(1) {
        let (before, body) = &history[&(version - 1)];
        let has_seen = |page: &DraftPage| page.seen == version - 1 || before.iter().any(|before| before.writer == page.writer);
        assert!(body.is_empty() || pages.iter().any(has_seen), "version {version} overwrote unseen words");
    }
    let (version, (_, body)) = history.last_key_value().expect("somebody wrote");
    let last = shop.draft(place).await;
    assert_eq!((last.version, &last.body), (*version, body));
}

/// One page's saves that were kept, by their version. A page that is told of newer words sees them, or clears its own.
async fn types(store: Store, place: DraftPlace, number: u128) -> Vec<(i64, (DraftPage, String))> {
    let (mut kept, mut seen) = (Vec::new(), 0);
    for turn in 1..=SAVES_OF_EACH {
        let body = if turn % 7 == 0 { String::new() } else { format!("page {number}, turn {turn}") };
        let own = page(number, turn, seen);
        match store.save_draft(place, own, &body).await.unwrap() {
            DraftSaved::Kept { version, .. } => {
                seen = version;
                kept.push((version, (own, body)));
            }
            DraftSaved::Overtaken(newer) if turn % 3 == 0 => seen = newer.version,
            DraftSaved::Overtaken(_) => {}
        }
    }
    kept
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_words_again_are_no_newer_ones_and_come_not_back_once_another_page_threw_them_away() {
    let shop = Shop::opens().await;
    let place = place(&shop).await;
    shop.saves(place, page(1, 1, 0), "closed at once").await;
    assert_eq!(shop.saves(place, page(1, 2, 0), "closed at once").await, kept(1, false), "the page saves once more as it is closed");
    assert_eq!(shop.saves(place, page(2, 1, 1), "").await, kept(2, true));
    let DraftSaved::Overtaken(now) = shop.saves(place, page(1, 3, 0), "closed at once").await else {
        panic!("a save of the closed page came late")
    };
    assert_eq!(now.body, "");
    assert_eq!(shop.saves(place, page(3, 1, 0), "somebody else's first words").await, kept(3, true));
}
