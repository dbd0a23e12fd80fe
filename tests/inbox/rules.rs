//! The pages of entry rules: a rule is made row by row, kept, told what is wrong with it, and tried on what came in.

use baton::domain::access::{Permission, Permissions, Rights, Role, Visibility};
use baton::domain::details::{FieldKind, FieldOf};
use baton::domain::ids::{EntryRuleId, FieldId, RoleId, TagId};
use baton::domain::routing::RuleSkills;
use baton::domain::setup::command::{EntryRuleChange, TagChange};
use baton::domain::setup::{By, SetupCommand, value};
use baton::store::access::Viewer;
use jiff::Timestamp;
use serde_json::json;
use uuid::Uuid;

use crate::house::Browser;
use crate::shop::Shop;

const NEW: &str = "/settings/rules/new";

/// A rule about what customers wrote.
fn about<'a>(name: &'a str, text: &'a str, queue: &'a str) -> Vec<(&'a str, &'a str)> {
    let rows = [("row", "0"), ("group", "all"), ("row", "1"), ("subject", "message.text"), ("comparison", "contains"), ("value", text)];
    [("name", name), ("enabled", "yes"), ("queue", queue)].into_iter().chain(rows).collect()
}

async fn rows(browser: &mut Browser<'_>, fields: &[(&str, &str)], act: &str) -> String {
    let fields: Vec<(&str, &str)> = fields.iter().copied().chain([("act", act)]).collect();
    browser.post(NEW, &fields).await.body
}

#[actix_web::test]
async fn a_rule_is_made_row_by_row_without_scripts() {
    let shop = Shop::open().await;
    let mut browser = shop.hires("root@example.com", Role::Admin).await.browser;
    assert!(browser.get("/settings/rules").await.body.contains("No rules yet"));
    let queue = shop.queue.to_string();
    let begun = about("Refunds", "refund", &queue);
    let page = rows(&mut browser, &begun, "condition:0").await;
    assert_eq!(page.matches(r#"name="row""#).count(), 3, "{page}");
    let page = rows(&mut browser, &begun, "group:0").await;
    assert_eq!(page.matches(r#"name="group""#).count(), 2, "{page}");
    assert!(page.contains(r#"value="refund""#) && page.contains("data-begun"));
    let page = rows(&mut browser, &begun, "remove:1").await;
    assert_eq!(page.matches(r#"name="row""#).count(), 1);
    assert!(browser.get("/settings/rules").await.body.contains("No rules yet"), "nothing is kept");

    // What is compared decides how, and by what.
    let fits = |subject: &'static str, comparison: &'static str| {
        [("row", "0"), ("group", "all"), ("row", "1"), ("subject", subject), ("comparison", comparison), ("value", "x")]
    };
    for (subject, comparison, expected) in [
        ("time.of_day", "contains", r#"type="time""#),
        ("time.weekday", "one_of", "multiple"),
        ("time.open", "is", r#"<option value="yes""#),
        ("message.text", "one_of", "<textarea"),
    ] {
        let page = rows(&mut browser, &fits(subject, comparison), "fit").await;
        assert!(page.contains(expected), "{subject}: {page}");
    }

    let kept = browser.post("/settings/rules", &begun).await;
    assert_eq!(kept.status, 303, "{}", kept.body);
    let list = browser.get("/settings/rules").await.body;
    for words in ["Refunds", "what they wrote contains “refund”", "<bdi>Support</bdi>"] {
        assert!(list.contains(words), "{words}: {list}");
    }
    let changes = browser.get("/settings/changes").await.body;
    assert!(changes.contains("Added the rule <bdi>Refunds</bdi>"));
    let found = browser.get("/settings/search?q=refunds").await.body;
    assert!(found.contains("/settings/rules/"), "{found}");
}

#[actix_web::test]
async fn what_is_wrong_stands_at_its_row_and_what_was_typed_stays() {
    let shop = Shop::open().await;
    let mut browser = shop.hires("root@example.com", Role::Admin).await.browser;
    let queue = shop.queue.to_string();
    let refused = browser.post("/settings/rules", &about("Empty", " ", &queue)).await;
    assert_eq!(refused.status, 422);
    for words in [
        "The conditions of the rule <bdi>Empty</bdi> cannot be used. Row <bdi>2</bdi>: A value is missing.",
        "rule-fault-2",
        "value=\"Empty\"",
    ] {
        assert!(refused.body.contains(words), "{words}: {}", refused.body);
    }
    let idle = browser.post("/settings/rules", &about("Idle", "x", "")).await;
    assert!(idle.status == 422 && idle.body.contains("Nothing follows from the rule"), "{}", idle.body);
    let tried = browser.post(NEW, &[about("Odd", "?!", &queue), vec![("act", "try")]].concat()).await;
    assert!(tried.status == 422 && tried.body.contains("nothing is left to compare"), "{}", tried.body);
}

#[actix_web::test]
async fn a_rule_is_tried_on_what_came_in_and_tells_nobody_what_they_do_not_see() {
    let shop = Shop::open().await;
    let mut browser = shop.hires("root@example.com", Role::Admin).await.browser;
    for (number, text) in ["Where is my refund?", "A REFUND please", "hello", "call 34600000003"].into_iter().enumerate() {
        shop.hears_text(&format!("3460000000{number}"), text).await;
    }
    let team = shop.house.state.store.teams(shop.house.workspace).await.unwrap()[0].id.to_string();
    browser.post("/settings/queues", &[("name", "Money"), ("team", &team)]).await;
    let money = shop.house.state.store.queues(shop.house.workspace).await.unwrap();
    let money = money.iter().find(|queue| queue.name == "Money").unwrap().id.to_string();
    let tries = |text: &'static str| [about("Refunds", text, &money), vec![("act", "try")]].concat();
    let told = browser.post(NEW, &tries("refund")).await;
    assert_eq!(told.status, 200);
    for words in
        ["4 conversations that came in were looked at.", "2 of the others meet the conditions.", "2 would go elsewhere", "<bdi>Money</bdi>"]
    {
        assert!(told.body.contains(words), "{words}: {}", told.body);
    }
    assert_eq!(told.body.matches(r#"<a href="/conversations/"#).count(), 2, "{}", told.body);
    assert!(browser.post(NEW, &tries("nothing of this")).await.body.contains("None of them meets the conditions."));
    // Earlier rules decide first.
    let sent = browser.post("/settings/rules", &about("First", "please", &money)).await;
    assert_eq!(sent.status, 303, "{}", sent.body);
    let told = browser.post(NEW, &tries("refund")).await.body;
    assert!(told.contains("2 of the others meet the conditions.") && told.contains("Of 1 this rule is the first that is met."), "{told}");
    // By the number itself whoever sees numbers finds it, and whoever does not finds it not.
    let seen = browser.post(NEW, &tries("34600000003")).await.body;
    assert!(seen.contains("1 of the others meets the conditions."), "{seen}");
    let (role, permissions) = (RoleId(Uuid::now_v7()), Permissions::of(&[Permission::SetUp, Permission::SeeInbox]));
    for (role, visibility) in [(role, Visibility::All), (RoleId(Uuid::now_v7()), Visibility::Mine)] {
        let new = value::Role { name: format!("{visibility:?}"), rights: Rights { permissions, visibility } };
        let add = SetupCommand::AddRole { role, new };
        shop.house.state.runner.configure(shop.house.workspace, &By::CommandLine, add, None).await.unwrap();
        let mut other = shop.hires(&format!("{visibility:?}@example.com").to_lowercase(), Role::Own(role)).await.browser;
        let seen = other.post(NEW, &tries("34600000003")).await.body;
        assert!(seen.contains("None of them meets the conditions."), "{seen}");
        let seen = other.post(NEW, &tries("refund")).await.body;
        let expected = if visibility == Visibility::All { "2 of the others meet" } else { "0 conversations that came in were looked at." };
        assert!(seen.contains(expected), "{seen}");
    }
}

impl Shop {
    async fn sets_up(&self, command: SetupCommand) -> i64 {
        self.house.state.runner.configure(self.house.workspace, &By::CommandLine, command, None).await.unwrap().seq
    }

    async fn rule(&self, id: EntryRuleId) -> value::EntryRule {
        self.house.state.store.setup(self.house.workspace).await.unwrap().entry_rules[&id].clone()
    }

    /// A rule that puts these tags on whatever comes in.
    async fn tags_everything(&self, tags: &[TagId]) -> EntryRuleId {
        let rule = EntryRuleId(Uuid::now_v7());
        let new = value::EntryRule {
            name: "Tags".to_owned(),
            enabled: true,
            conditions: json!({"all": []}),
            queue: None,
            priority: Some("high".to_owned()),
            tags: tags.iter().copied().collect(),
            skills: RuleSkills::default(),
            position: 0,
        };
        self.sets_up(SetupCommand::AddEntryRule { rule, new }).await;
        rule
    }
}

/// Whatever the form of a page says, as it stands.
fn form_of(page: &str) -> Vec<(String, String)> {
    let attribute = |tag: &str, name: &str| {
        let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
        Some(rest.split('"').next().unwrap_or_default().to_owned())
    };
    let form = page.split("data-rule-draft-value").nth(1).unwrap().split("</form>").next().unwrap();
    let (mut fields, mut select) = (Vec::new(), String::new());
    for tag in form.split('<').filter_map(|tag| tag.split('>').next()) {
        if tag.starts_with("select") {
            select = attribute(tag, "name").unwrap_or_default();
        } else if tag.starts_with("option") && tag.ends_with(" selected") {
            fields.push((select.clone(), attribute(tag, "value").unwrap_or_default()));
        } else if tag.starts_with("input") {
            let is_sent = !tag.contains("type=\"checkbox\"") || tag.ends_with(" checked");
            let field = attribute(tag, "name").zip(Some(attribute(tag, "value").unwrap_or_default()));
            fields.extend(field.filter(|(name, _)| is_sent && name != "csrf"));
        }
    }
    fields
}

fn borrowed(fields: &[(String, String)]) -> Vec<(&str, &str)> {
    fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

#[actix_web::test]
async fn a_page_that_is_kept_as_it_stands_changes_no_tag() {
    let shop = Shop::open().await;
    let mut browser = shop.hires("root@example.com", Role::Admin).await.browser;
    let tags: Vec<TagId> = (0..4).map(|_| TagId(Uuid::now_v7())).collect();
    for (tag, name) in tags.iter().zip(["Live", "Archived", "Merged", "Counts"]) {
        let new = value::Tag { name: name.to_owned(), colour: "red".to_owned(), archived: false, merged_into: None };
        shop.sets_up(SetupCommand::AddTag { tag: *tag, new }).await;
    }
    let rule = shop.tags_everything(&tags[..3]).await;
    let change = TagChange { archived: Some(true), ..TagChange::default() };
    shop.sets_up(SetupCommand::ChangeTag { tag: tags[1], change }).await;
    shop.sets_up(SetupCommand::MergeTag { tag: tags[2], into: tags[3] }).await;
    let address = format!("/settings/rules/{rule}");
    let page = browser.get(&address).await.body;
    let kept = browser.post(&address, &borrowed(&form_of(&page))).await;
    assert_eq!(kept.status, 303, "{}", kept.body);
    let counts: Vec<TagId> = vec![tags[0], tags[1], tags[3]];
    let is: Vec<TagId> = shop.rule(rule).await.tags.into_iter().map(|tag| if tag == tags[2] { tags[3] } else { tag }).collect();
    assert_eq!(is.len(), 3, "{page}");
    assert!(counts.iter().all(|tag| is.contains(tag)), "{is:?}");
}

#[actix_web::test]
async fn a_row_more_does_not_make_what_a_colleague_changed_seen() {
    let shop = Shop::open().await;
    let mut browser = shop.hires("root@example.com", Role::Admin).await.browser;
    let rule = shop.tags_everything(&[]).await;
    let address = format!("/settings/rules/{rule}");
    let begun = form_of(&browser.get(&address).await.body);
    let change = EntryRuleChange { name: Some("Of a colleague".to_owned()), ..EntryRuleChange::default() };
    shop.sets_up(SetupCommand::ChangeEntryRule { rule, change }).await;
    let draft = [borrowed(&begun), vec![("act", "condition:0")]].concat();
    let page = browser.post(&format!("{address}/draft"), &draft).await.body;
    let filled = |page: &str| {
        let said = form_of(page).into_iter().filter(|(name, _)| name != "value");
        said.chain([("value".to_owned(), "words".to_owned())]).collect::<Vec<(String, String)>>()
    };
    let kept = browser.post(&address, &borrowed(&filled(&page))).await;
    assert_eq!(kept.status, 409, "{}", kept.body);
    assert_eq!(shop.rule(rule).await.name, "Of a colleague");
    // Whoever was told what it is now, and keeps theirs all the same, keeps it.
    assert_eq!(browser.post(&address, &borrowed(&filled(&kept.body))).await.status, 303);
}

#[actix_web::test]
async fn conditions_of_a_newer_version_are_not_shown_and_stay_whatever_else_is_kept() {
    let shop = Shop::open().await;
    let mut browser = shop.hires("root@example.com", Role::Admin).await.browser;
    let rule = shop.tags_everything(&[]).await;
    for conditions in [json!({"some": []}), json!({"all": [{"subject": "moon.phase", "is": "full"}]})] {
        let client = shop.house.state.store.client().await.unwrap();
        client.execute("UPDATE entry_rules SET conditions = $1", &[&conditions]).await.unwrap();
        drop(client);
        let seen = EntryRuleChange { enabled: Some(false), ..EntryRuleChange::default() };
        shop.sets_up(SetupCommand::ChangeEntryRule { rule, change: seen }).await;
        let address = format!("/settings/rules/{rule}");
        let page = browser.get(&address).await.body;
        assert!(page.contains(r#"name="strange""#) && !page.contains("moon.phase"), "{page}");
        let mut fields = form_of(&page);
        fields
            .iter_mut()
            .filter(|(name, _)| name == "name")
            .for_each(|(_, name)| *name = format!("Renamed {}", conditions.to_string().len()));
        fields.push(("enabled".to_owned(), "yes".to_owned()));
        let kept = browser.post(&address, &borrowed(&fields)).await;
        assert_eq!(kept.status, 303, "{}", kept.body);
        let is = shop.rule(rule).await;
        assert_eq!((is.conditions, is.enabled), (conditions, true));
    }
}

#[actix_web::test]
async fn a_trial_looks_at_the_newest_that_are_seen_and_at_none_that_did_not_come_in() {
    let shop = Shop::open().await;
    let mut root = shop.hires("root@example.com", Role::Admin).await;
    let first = shop.hears_text("34600000001", "refund").await;
    shop.hears_text("34600000002", "refund").await;
    let (workspace, user) = (shop.house.workspace, root.user);
    let client = shop.house.state.store.client().await.unwrap();
    let mine = Viewer { workspace, user, visibility: Visibility::Mine };
    let taken = "UPDATE conversations SET agent_id = $1, controller = 'agent' WHERE id = $2";
    client.execute(taken, &[&user.0, &first.0]).await.unwrap();
    let seen = shop.house.state.store.came_in(mine, Timestamp::UNIX_EPOCH, 1).await.unwrap();
    assert_eq!(seen.iter().map(|one| one.conversation).collect::<Vec<_>>(), [first], "an older one that they see");

    shop.hears_text("34600000003", "refund").await;
    let moved = "UPDATE events SET event = jsonb_set(event, '{because}', '\"transferred\"')
                 WHERE kind = 'conversation_queued' AND subject_id = $1";
    client.execute(moved, &[&first.0]).await.unwrap();
    drop(client);
    let queue = shop.queue.to_string();
    let told = root.browser.post(NEW, &[about("Refunds", "refund", &queue), vec![("act", "try")]].concat()).await.body;
    assert!(told.contains("2 conversations that came in were looked at."), "{told}");
}

#[actix_web::test]
async fn values_are_kept_as_every_page_and_browser_reads_them() {
    let shop = Shop::open().await;
    let mut browser = shop.hires("root@example.com", Role::Admin).await.browser;
    let (key, label, choices) = ("due".to_owned(), "Due".to_owned(), Vec::new());
    let due = value::Field { key, label, of: FieldOf::Contact, kind: FieldKind::Date, choices, shown: true, locked: false, position: 0 };
    shop.sets_up(SetupCommand::AddField { field: FieldId(Uuid::now_v7()), new: due }).await;
    let rule = shop.tags_everything(&[]).await;
    let conditions = json!({"all": [
        {"subject": "time.open", "is": "true"},
        {"subject": "time.of_day", "before": "9:30"},
        {"subject": "contact.fields.due", "after": " 20261128 "},
        {"subject": "message.text", "contains": " refund "},
    ]});
    let change = EntryRuleChange { conditions: Some(conditions), ..EntryRuleChange::default() };
    shop.sets_up(SetupCommand::ChangeEntryRule { rule, change }).await;
    let expected = json!({"all": [
        {"subject": "time.open", "is": "yes"},
        {"subject": "time.of_day", "before": "09:30"},
        {"subject": "contact.fields.due", "after": "2026-11-28"},
        {"subject": "message.text", "contains": "refund"},
    ]});
    assert_eq!(shop.rule(rule).await.conditions, expected);
    let list = browser.get("/settings/rules").await.body;
    assert!(list.contains("the queue is open, and time of day is before 09:30"), "{list}");
}

#[actix_web::test]
async fn a_tag_that_nobody_adds_any_more_is_odd_and_its_page_names_the_rules() {
    let shop = Shop::open().await;
    let mut browser = shop.hires("root@example.com", Role::Admin).await.browser;
    let tag = TagId(Uuid::now_v7());
    let new = value::Tag { name: "Archived".to_owned(), colour: "red".to_owned(), archived: false, merged_into: None };
    shop.sets_up(SetupCommand::AddTag { tag, new }).await;
    let rule = shop.tags_everything(&[tag]).await;
    let page = browser.get(&format!("/settings/tags/{tag}")).await.body;
    assert!(page.contains(&format!("/settings/rules/{rule}")), "{page}");
    let change = TagChange { archived: Some(true), ..TagChange::default() };
    shop.sets_up(SetupCommand::ChangeTag { tag, change }).await;
    let list = browser.get("/settings/rules").await.body;
    assert!(list.contains("The tag “Archived” is archived, so it is put on nothing."), "{list}");
}
