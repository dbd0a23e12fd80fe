//! Whatever takes something away says before it is pressed what goes, in numbers where there is anything to count; and what cannot go says
//! what keeps it.

use std::collections::BTreeSet;

use actix_web::http::Method;
use baton::domain::access::{Permission, Permissions, Rights, Role, Visibility};
use baton::domain::details::{FieldKind, FieldOf};
use baton::domain::flows::written::written;
use baton::domain::hours::Hours;
use baton::domain::ids::{
    CannedReplyId, ConversationId, EntryRuleId, FieldId, FlowId, QueueId, RoleId, SkillId, SlaPolicyId, TagId, TeamId, UserId,
};
use baton::domain::queue::Queue;
use baton::domain::routing::{Asked, RuleSkills};
use baton::domain::setup::command::{InboxChange, QueueChange};
use baton::domain::setup::value::{self, CannedReply, EntryRule, Field, Skill, SlaPolicy, Tag, Targets};
use baton::domain::setup::{By, MemberChange, SetupCommand};
use baton::domain::totp::TotpSecret;
use baton::web::routes::ROUTES;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::house::{Browser, House};
use crate::shop::Shop;

/// What takes something away without anything to count, and why.
const UNCOUNTED: &[(&str, &str)] = &[
    ("/profile/picture/removal", "the picture stands beside the button"),
    ("/settings/numbers/new/end", "what was typed and never finished, by whoever typed it"),
    ("/system/quarantine/{id}/aside", "one item, which is kept"),
    ("/settings/file", "what would go is counted before it is applied: the test of the file shows it"),
    ("/settings/canned-replies/import", "what would change is counted before it is applied: the test of the file shows it"),
];

/// What takes nothing away: it adds, changes what its form shows, or asks.
const HARMLESS: &[&str] = &[
    "/profile",
    "/profile/picture",
    "/profile/email",
    "/profile/second-factor",
    "/settings/workspace",
    "/settings/start",
    "/settings/numbers",
    "/settings/numbers/new/app",
    "/settings/numbers/new/token",
    "/settings/numbers/new/account",
    "/settings/numbers/new/number",
    "/settings/numbers/new/registration",
    "/settings/numbers/new/subscription",
    "/settings/numbers/{id}",
    "/settings/numbers/{id}/token",
    "/settings/numbers/{id}/health",
    "/settings/numbers/{id}/test",
    "/settings/brand",
    "/settings/teams",
    "/settings/teams/{id}",
    "/settings/sla",
    "/settings/sla/{id}",
    "/settings/queues",
    "/settings/queues/{id}",
    "/settings/queues/{id}/preview",
    "/settings/queues/{id}/copy",
    "/settings/queues/{id}/place",
    "/settings/queues/{id}/rest",
    "/settings/canned-replies",
    "/settings/canned-replies/undo",
    "/settings/canned-replies/{id}",
    "/settings/canned-replies/{id}/preview",
    "/settings/people/{id}",
    "/settings/people/{id}/return",
    "/settings/roles",
    "/settings/roles/{id}",
    "/settings/invitations",
    "/settings/newcomers",
    "/settings/flows",
    "/settings/flows/imports",
    "/settings/flows/{id}",
    "/settings/flows/{id}/restoration",
    "/settings/flows/{id}/draft",
    "/settings/flows/{id}/trial",
    "/settings/security",
    "/settings/tags",
    "/settings/tags/{id}",
    "/settings/skills",
    "/settings/skills/{id}",
    "/settings/rules",
    "/settings/rules/new",
    "/settings/rules/{id}",
    "/settings/rules/{id}/draft",
    "/settings/rules/{id}/place",
    "/settings/fields",
    "/settings/fields/{id}",
    "/settings/fields/{id}/place",
    "/settings/changes",
    "/system/quarantine/{id}/retry",
];

/// What takes something away, on which page it stands, and what that page says.
struct Loss {
    route: &'static str,
    /// Of the thing.
    id: String,
    page: String,
    says: &'static [&'static str],
}

/// Something that cannot go yet.
struct Kept {
    route: &'static str,
    id: String,
    page: String,
    says: &'static [&'static str],
}

fn lose(route: &'static str, id: impl ToString, says: &'static [&'static str]) -> Loss {
    let id = id.to_string();
    let page = route.rsplit_once('/').map_or(route, |(page, _)| page).replace("{id}", &id);
    Loss { route, id, page, says }
}

fn lose_on(page: impl ToString, route: &'static str, id: impl ToString, says: &'static [&'static str]) -> Loss {
    Loss { page: page.to_string(), ..lose(route, id, says) }
}

fn keep(route: &'static str, id: impl ToString, says: &'static [&'static str]) -> Kept {
    let Loss { route, id, page, says } = lose(route, id, says);
    Kept { route, id, page, says }
}

/// A flow that puts a tag on conversations and writes into a field.
fn naming(thanks: &str) -> Value {
    json!({
        "format": 1, "name": "Welcome", "start": "tag", "default_queue": "support",
        "nodes": {
            "tag": { "kind": "add_tag", "tag": "Named", "next": "note" },
            "note": { "kind": "set_field", "field": "named", "value": "x", "next": "over" },
            "over": { "kind": "hand_off", "text": thanks },
        },
    })
}

fn plain() -> Value {
    json!({ "format": 1, "name": "Spare", "start": "over", "default_queue": "support", "nodes": { "over": { "kind": "hand_off" } } })
}

async fn does(shop: &Shop, command: SetupCommand) {
    shop.house.state.runner.configure(shop.house.workspace, &By::CommandLine, command, None).await.unwrap();
}

async fn sets_up_app(house: &House, user: UserId) {
    let store = &house.state.store;
    let account = store.credentials(house.workspace, user).await.unwrap().unwrap().account;
    let sealed = store.sealed_totp(account, &TotpSecret::new([7; 20])).unwrap();
    let codes = [[user.0.as_bytes()[15]; 32], [user.0.as_bytes()[14].wrapping_add(1); 32], [0; 32]];
    assert!(house.state.runner.set_up_second_factor((house.workspace, user, account), &sealed, 1, &codes[..2]).await.unwrap());
}

async fn execute(shop: &Shop, sql: &str, conversations: &[ConversationId]) {
    let client = shop.house.state.store.client().await.unwrap();
    let ids: Vec<Uuid> = conversations.iter().map(|id| id.0).collect();
    let done = client.execute(sql, &[&ids]).await.unwrap();
    assert_eq!(usize::try_from(done).unwrap(), ids.len(), "{sql}");
}

/// Things that can go, and things that cannot.
async fn filled(shop: &Shop, root: UserId, ana: UserId) -> (Vec<Loss>, Vec<Kept>) {
    let fresh = Uuid::now_v7;
    let team = shop.house.state.store.setup(shop.house.workspace).await.unwrap().queues[&shop.queue].team;
    let spare = QueueId(fresh());
    let (key, name) = ("spare".to_owned(), "Spare".to_owned());
    does(shop, SetupCommand::AddQueue { queue: Queue { id: spare, key, name, team, hours: Hours::always(), promise_minutes: 5 } }).await;
    let (empty, full, replies) = (TeamId(fresh()), TeamId(fresh()), [CannedReplyId(fresh()), CannedReplyId(fresh())]);
    for (team, name) in [(empty, "Empty"), (full, "Full")] {
        does(shop, SetupCommand::AddTeam { team, name: name.to_owned() }).await;
    }
    for (reply, team) in replies.into_iter().zip([None, Some(full)]) {
        let new = CannedReply { shortcut: format!("r{reply}"), body: "Hello!".to_owned(), team, ..CannedReply::default() };
        does(
            shop,
            SetupCommand::AddCannedReply {
                reply,
                new: CannedReply { shortcut: new.shortcut[..20].to_owned() + &new.shortcut[30..], ..new },
            },
        )
        .await;
    }
    let (free, had) = (RoleId(fresh()), RoleId(fresh()));
    for (role, name) in [(free, "Free"), (had, "Had")] {
        let rights = Rights { permissions: Permissions::of(&[Permission::SeeInbox]), visibility: Visibility::All };
        does(shop, SetupCommand::AddRole { role, new: value::Role { name: name.to_owned(), rights } }).await;
    }
    shop.house.hires("bo@example.com", Role::Own(had)).await;
    let (vip, named) = (TagId(fresh()), TagId(fresh()));
    for (tag, name) in [(vip, "VIP"), (named, "Named")] {
        does(
            shop,
            SetupCommand::AddTag { tag, new: Tag { name: name.to_owned(), colour: "red".to_owned(), archived: false, merged_into: None } },
        )
        .await;
    }
    let [plan, reason, written_to] = [(); 3].map(|()| FieldId(fresh()));
    let fields = [(plan, "plan", FieldOf::Contact), (reason, "reason", FieldOf::Conversation), (written_to, "named", FieldOf::Contact)];
    for (field, key, of) in fields {
        let (key, label, kind) = (key.to_owned(), key.to_owned(), FieldKind::Text);
        does(
            shop,
            SetupCommand::AddField {
                field,
                new: Field { key, label, of, kind, choices: Vec::new(), shown: true, locked: false, position: 0 },
            },
        )
        .await;
    }
    let (skill, asked) = (SkillId(fresh()), SkillId(fresh()));
    for (skill, key) in [(skill, "spanish"), (asked, "refunds")] {
        let new = Skill { key: key.to_owned(), name: key.to_owned(), language: None };
        does(shop, SetupCommand::AddSkill { skill, new }).await;
    }
    let has = MemberChange { skills: Some([(skill, 3)].into()), ..MemberChange::default() };
    does(shop, SetupCommand::ChangeMember { member: ana, change: has }).await;
    let rule = EntryRuleId(fresh());
    let conditions = serde_json::json!({"all": []});
    let new = EntryRule {
        name: "All".to_owned(),
        enabled: true,
        conditions,
        queue: None,
        priority: Some("high".to_owned()),
        tags: [].into(),
        skills: RuleSkills { asked: Asked { required: [(asked, 1)].into(), ..Asked::default() }, language: None },
        position: 0,
    };
    does(shop, SetupCommand::AddEntryRule { rule, new }).await;
    let (unused_policy, chosen_policy) = (SlaPolicyId(fresh()), SlaPolicyId(fresh()));
    for (policy, name) in [(unused_policy, "Unused"), (chosen_policy, "Chosen")] {
        let first_response = Targets { normal: Some(15), ..Targets::default() };
        does(shop, SetupCommand::AddSlaPolicy { policy, new: SlaPolicy { name: name.to_owned(), first_response, ..SlaPolicy::default() } })
            .await;
    }
    let chooses = QueueChange { sla_policy: Some(Some(chosen_policy)), ..QueueChange::default() };
    does(shop, SetupCommand::ChangeQueue { queue: shop.queue, change: chooses }).await;
    let (welcome, unused) = (FlowId(fresh()), FlowId(fresh()));
    does(shop, SetupCommand::AddFlow { flow: welcome, name: "Welcome".to_owned(), definition: naming("Thanks.") }).await;
    does(shop, SetupCommand::PublishFlow { flow: welcome, definition: naming("Thank you.") }).await;
    does(shop, SetupCommand::AddFlow { flow: unused, name: "Unused".to_owned(), definition: plain() }).await;
    let draft = written(&naming("Thank you.")).replace("Thank you.", "Thank you all.");
    shop.house.state.store.save_flow_draft(shop.house.workspace, welcome, root, &draft, 0).await.unwrap();

    let mut customers = Vec::new();
    for number in 0..7 {
        customers.push(shop.hears_text(&format!("3460000000{number}"), "Hello").await);
    }
    execute(shop, &format!("UPDATE conversations SET queue_id = '{spare}' WHERE id = ANY($1)"), &customers[..3]).await;
    let held = format!("UPDATE conversations SET controller = 'agent', agent_id = '{ana}', queued_at = NULL WHERE id = ANY($1)");
    execute(shop, &held, &customers[3..5]).await;
    let details = format!(r#"UPDATE conversations SET details = '{{"tags": ["{vip}"], "fields": {{"reason": "x"}}}}' WHERE id = ANY($1)"#);
    execute(shop, &details, &customers[..2]).await;
    let noted = "UPDATE contacts SET fields = '{\"plan\": \"Gold\"}' WHERE id IN (SELECT contact_id FROM conversations WHERE id = ANY($1))";
    execute(shop, noted, &customers[..3]).await;
    for (flow, inside) in [(welcome, &customers[..2]), (unused, &customers[2..3])] {
        let begun = format!(
            "INSERT INTO flow_sessions (workspace_id, conversation_id, flow_id, version, session)
             SELECT workspace_id, id, '{flow}', 1, '{{}}' FROM conversations WHERE id = ANY($1)"
        );
        execute(shop, &begun, inside).await;
    }
    let used = format!(
        "INSERT INTO canned_reply_uses (workspace_id, reply_id, uses) SELECT DISTINCT workspace_id, '{}'::uuid, 4 FROM conversations WHERE id = ANY($1)",
        replies[0]
    );
    execute(shop, &used, &customers[..1]).await;
    let flow = InboxChange { flow: Some(Some(welcome)), ..InboxChange::default() };
    does(shop, SetupCommand::ChangeInbox { inbox: shop.inbox, change: flow }).await;
    for user in [root, ana] {
        sets_up_app(&shop.house, user).await;
    }

    let lose_of_number = |route, says| lose(route, shop.inbox, says);
    let losses = vec![
        lose("/settings/teams/{id}/removal", empty, &["Nobody is in it, and it has no queue: nothing is lost"]),
        lose("/settings/queues/{id}/removal", spare, &["3 waiting, 0 under way, 0 "]),
        lose("/settings/sla/{id}/removal", unused_policy, &["No queue has it. What was told stays told."]),
        lose("/settings/rules/{id}/removal", rule, &["Conversations that it sent stay where they are"]),
        lose("/settings/skills/{id}/removal", skill, &["1 person has it. Whoever has it has it no more"]),
        lose("/settings/roles/{id}/removal", free, &["Nobody has it: nothing is lost"]),
        lose("/settings/canned-replies/{id}/removal", replies[0], &["used 4 times. Answers that were sent stay"]),
        lose("/settings/tags/{id}/archiving", vip, &["2 conversations keep it"]),
        lose("/settings/tags/{id}/merging", vip, &["2 conversations count as having the other tag"]),
        lose("/settings/fields/{id}/removal", plan, &["It says something of 3 customers. What was noted is not lost"]),
        lose("/settings/fields/{id}/removal", reason, &["It says something of 2 conversations."]),
        lose("/settings/flows/{id}/archive", unused, &["its 1 version stay, 1 conversation is in it now"]),
        lose("/settings/flows/{id}/versions", welcome, &["The 2 that are in the flow now finish the version they began with"]),
        lose_on(
            format!("/settings/flows/{welcome}/publication"),
            "/settings/flows/{id}/publication",
            welcome,
            &["1 number uses it: customers who write from now on meet this version"],
        ),
        lose_on(format!("/settings/flows/{welcome}/edit"), "/settings/flows/{id}/draft/removal", welcome, &["1 line differs, and is lost"]),
        lose("/settings/people/{id}/leaving", ana, &["2 open conversations", "Signed in here in 1 browser."]),
        lose("/settings/people/{id}/sign-out", ana, &["Signed in here in 1 browser."]),
        lose("/settings/people/{id}/second-factor", ana, &["They use an authenticator app.", "set up another app if their role needs one"]),
        lose_of_number("/settings/numbers/{id}/state", &["Nothing is sent while it is paused"]),
        lose_of_number("/settings/numbers/{id}/disconnection", &["7 conversations are under way", "0 messages wait to be sent"]),
        lose_on("/profile/sign-in", "/profile/password", "", &["Every other browser is signed out."]),
        lose_on("/profile/sign-in", "/profile/second-factor/removal", "", &["2 recovery codes are left.", "ends the app and all of them"]),
        lose_on(
            "/profile/sign-in",
            "/profile/second-factor/codes",
            "",
            &["2 recovery codes are left.", "New codes end those that are left."],
        ),
        lose_on("/profile/sessions", "/profile/sessions", "", &["You are signed in in 2 browsers, this one among them."]),
    ];
    let keeps = vec![
        keep("/settings/teams/{id}/removal", full, &["0 people · 0 queues · 1 canned reply · 1 open invitation."]),
        keep("/settings/teams/{id}/removal", team, &["2 people · 2 queues."]),
        keep("/settings/queues/{id}/removal", shop.queue, &["<bdi>Shop</bdi>", "<bdi>Welcome</bdi>: "]),
        keep("/settings/skills/{id}/removal", asked, &["It cannot be removed while rules ask for it", "<bdi>All</bdi>"]),
        keep("/settings/sla/{id}/removal", chosen_policy, &["It cannot be removed while queues have it:"]),
        keep("/settings/roles/{id}/removal", had, &["Only a role that nobody has can be removed"]),
        keep("/settings/tags/{id}/archiving", named, &["0 conversations. Published flows name it", "<bdi>Welcome</bdi>: "]),
        keep("/settings/tags/{id}/merging", named, &["<bdi>Welcome</bdi>: "]),
        keep("/settings/fields/{id}/removal", written_to, &["0 customers. Published flows name it", "<bdi>Welcome</bdi>: "]),
        keep("/settings/flows/{id}/archive", welcome, &["A number uses it."]),
    ];
    (losses, keeps)
}

/// Whether a page has what does it, or leads to where it is asked.
fn has_button(page: &str, path: &str) -> bool {
    ["action", "formaction", "href"].into_iter().any(|name| page.contains(&format!(r#"{name}="{path}""#)))
}

#[actix_web::test]
async fn whatever_takes_something_away_says_before_what_goes() {
    let shop = Shop::open().await;
    let (root, ana) = (shop.hires("root@example.com", Role::Admin).await, shop.hires("ana@example.com", Role::Agent).await);
    let mut browser: Browser<'_> = root.browser;
    let _elsewhere = shop.house.browser("root@example.com").await;
    let (mut losses, mut keeps) = filled(&shop, root.user, ana.user).await;
    let full = keeps[0].id.clone();
    let invited = [("way", "link"), ("role", "agent"), ("capacity", "5"), ("team", &full)];
    assert_eq!(browser.post("/settings/invitations", &invited).await.status, 200);
    let invitations = browser.get("/settings/invitations").await.body;
    let id =
        |_: ()| invitations.split("/settings/invitations/").nth(1).and_then(|rest| rest.split('/').next()).unwrap_or_default().to_owned();
    for route in ["/settings/invitations/{id}/revocation", "/settings/invitations/{id}/renewal"] {
        losses.push(lose_on(
            "/settings/invitations",
            route,
            id(()),
            &["A link works no more once it was revoked, or another one was made"],
        ));
    }
    let mut faults = Vec::new();
    for Loss { route, id, page, says } in &losses {
        let act = route.replace("{id}", id);
        let answer = browser.get(page).await;
        let mut told = answer.body;
        if !page.starts_with(&act) && !has_button(&told, &act) {
            faults.push(format!("{page} has no button for {act}"));
        }
        if *route == "/settings/people/{id}/leaving" {
            told = browser.get(&act).await.body;
            assert!(has_button(&told, &act), "{told}");
        }
        if *route == "/settings/numbers/{id}/disconnection" || *route == "/settings/flows/{id}/publication" {
            told = browser.get(&act).await.body;
            assert!(has_button(&told, &act), "{told}");
        }
        let missing = says.iter().filter(|words| !told.contains(**words)).map(|words| format!("{page} does not say: {words}\n{told}"));
        faults.extend(missing);
    }
    for Kept { route, id, page, says } in keeps.drain(..) {
        let act = route.replace("{id}", &id);
        let told = browser.get(&page).await.body;
        if has_button(&told, &act) {
            faults.push(format!("{page} has a button for {act}, which is refused"));
        }
        faults.extend(says.iter().filter(|words| !told.contains(**words)).map(|words| format!("{page} does not say: {words}\n{told}")));
        let refused = browser.post(&act, &[("to", &Uuid::now_v7().to_string()), ("into", &Uuid::now_v7().to_string())]).await;
        if !refused.status.is_client_error() {
            faults.push(format!("{act} is done: {}", refused.status));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n\n"));

    let told: BTreeSet<&str> = losses.iter().map(|loss| loss.route).collect();
    let uncounted: BTreeSet<&str> = UNCOUNTED.iter().map(|(route, _)| *route).collect();
    let harmless: BTreeSet<&str> = HARMLESS.iter().copied().collect();
    let is_ours = |path: &str| ["/settings", "/profile", "/system"].into_iter().any(|place| path.starts_with(place));
    let posts: BTreeSet<&str> =
        ROUTES.iter().filter(|entry| entry.method == Method::POST && is_ours(entry.path)).map(|entry| entry.path).collect();
    for path in &posts {
        let known = [&told, &uncounted, &harmless].into_iter().filter(|known| known.contains(path)).count();
        assert_eq!(known, 1, "{path}: say here what it takes away and what its page says before, or that it takes nothing away");
    }
    let gone: Vec<_> = told.iter().chain(&uncounted).chain(&harmless).filter(|path| !posts.contains(*path)).collect();
    assert!(gone.is_empty(), "there is no such address any more: {gone:?}");
}
