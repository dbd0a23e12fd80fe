//! Phone numbers: whoever may not see them finds them nowhere.

use actix_web::http::Method;
use actix_web::http::header::ACCEPT;
use actix_web::test::TestRequest;
use baton::domain::access::{Permission, Role};
use baton::domain::contact::{Identity, Phones};
use baton::domain::details::{FieldKind, FieldOf};
use baton::domain::ids::{CannedReplyId, ConversationId, FieldId, RoleId};
use baton::domain::inbound::InboundContent;
use baton::domain::setup::value::{CannedReply, Field};
use baton::domain::setup::{By, SetupCommand};
use baton::domain::unspoken::Unspoken;
use baton::web::conversations::present::row_of_change;
use baton::web::edge::csrf;
use baton::web::live::streams;
use baton::web::locale::Locale;
use baton::web::routes::ROUTES;
use baton::web::threads::{Seen, live_html, since_html};
use uuid::Uuid;

use crate::house::Browser;
use crate::shop::Shop;
use crate::viewers::sees_all;

/// Of a customer with a name, of one without, of one whose name it is, and the one that somebody moves to.
const NUMBERS: [&str; 4] = ["34655219073", "34655328174", "34655437275", "34655546376"];

/// The numbers that a text tells, however they are written: more than five digits in a row of one are one too many.
fn told(text: &str) -> Vec<&'static str> {
    let bare: String = text.chars().filter(|c| !" -.()\u{202a}\u{202c}".contains(*c)).collect();
    let is_told = |number: &&str| (0..number.len() - 5).any(|start| bare.contains(&number[start..start + 6]));
    // The digits that all of them share are nobody's.
    NUMBERS.into_iter().filter(|number| is_told(&&number[4..])).collect()
}

async fn sets_up(shop: &Shop, command: SetupCommand) {
    shop.house.state.runner.configure(shop.house.workspace, &By::CommandLine, command, None).await.unwrap();
}

/// A shop whose customers left their numbers wherever one can.
async fn shop_with_customers() -> (Shop, [ConversationId; 3]) {
    let shop = Shop::open().await;
    let text = |body: &str| InboundContent::Text { body: body.to_owned() };
    let named = shop.hears(NUMBERS[0], text("Hello")).await;
    let moves = InboundContent::Unspoken(Unspoken::NumberChanged { to: Some(NUMBERS[3].to_owned()) });
    shop.hears(NUMBERS[0], moves).await;
    let nameless = shop.hears_as(&[Identity::Phone(NUMBERS[1].to_owned())], None).await;
    let numbered = shop.hears_from(NUMBERS[2], "+34 655-437 275", text("Hello"), None).await;
    let client = shop.house.state.store.client().await.unwrap();
    let fields = r#"UPDATE contacts SET fields = '{"call_me": "655 328 174", "spare": "+34 655 546 376"}' WHERE name = ''"#;
    assert_eq!(client.execute(fields, &[]).await.unwrap(), 1);
    let details = r#"UPDATE conversations SET details = '{"tags": [], "fields": {"call_back": "0034 655 437 275"}}'"#;
    assert_eq!(client.execute(details, &[]).await.unwrap(), 3);
    for (key, of) in [("call_me", FieldOf::Contact), ("call_back", FieldOf::Conversation)] {
        let (key, label, kind) = (key.to_owned(), format!("The {key}"), FieldKind::Text);
        let new = Field { key, label, of, kind, choices: Vec::new(), shown: true, locked: false, position: 0 };
        sets_up(&shop, SetupCommand::AddField { field: FieldId(Uuid::now_v7()), new }).await;
    }
    let body = "I call you: {{contact.call_me}}. {{contact.name}}".to_owned();
    let new = CannedReply { shortcut: "call".to_owned(), body, ..CannedReply::default() };
    sets_up(&shop, SetupCommand::AddCannedReply { reply: CannedReplyId(Uuid::now_v7()), new }).await;
    let item = format!(r#"{{"from": "{}", "text": "what nobody understood"}}"#, NUMBERS[0]);
    let quarantine = "INSERT INTO quarantine (id, workspace_id, source, payload_seq, reason, item, at)
        VALUES (gen_random_uuid(), $1, '1', 1, 'strange', convert_to($2, 'UTF8'), now())";
    client.execute(quarantine, &[&shop.house.workspace.0, &item]).await.unwrap();
    let notice = "INSERT INTO notices (workspace_id, id, kind, field, value, digest, at)
        VALUES ($1, gen_random_uuid(), 'account', 'field', jsonb_build_object('wa_id', $2::text, 'count', 34655219073), '\\x00', now())";
    client.execute(notice, &[&shop.house.workspace.0, &NUMBERS[2]]).await.unwrap();
    (shop, [named, nameless, numbered])
}

/// A decision of routing for each conversation that was assigned.
const DECIDED: &str = "
    INSERT INTO routing_decisions (workspace_id, conversation_id, seq, at, queue_id, agent_id, waited_ms, version, record)
    SELECT e.workspace_id, e.subject_id, e.seq, e.at, c.queue_id, c.agent_id, 90000, 7, '{}'
    FROM events AS e JOIN conversations AS c ON c.id = e.subject_id WHERE e.kind = 'conversation_assigned'";

async fn reply_of(shop: &Shop) -> Uuid {
    let client = shop.house.state.store.client().await.unwrap();
    client.query_one("SELECT id FROM canned_replies", &[]).await.unwrap().get(0)
}

/// Every page and part there is, and what acts are answered, as text.
async fn walk(browser: &mut Browser<'_>, conversations: [ConversationId; 3]) -> Vec<(String, String)> {
    let mut answers = Vec::new();
    for entry in ROUTES.iter().filter(|entry| entry.method == Method::GET && entry.path != "/live") {
        for conversation in conversations {
            let path = entry.path.replace("{id}", &conversation.to_string());
            if path.contains('{') {
                continue;
            }
            let answer = browser.get(&format!("{path}?view=all")).await;
            answers.push((path, format!("{:?} {}", answer.headers, answer.body)));
        }
    }
    for conversation in conversations {
        for (act, fields) in [
            ("assignment", &[][..]),
            ("messages", &[("text", "Hi"), ("seen", "0"), ("message_id", "01a21f76-4790-71b9-849f-36fe68721810")]),
            ("messages", &[("text", ""), ("message_id", "01a21f76-4790-71b9-849f-36fe68721811")]),
            ("resolution", &[]),
            ("undo", &[("seq", "1")]),
            ("reopening", &[]),
            ("reopening", &[]),
        ] {
            for by_script in [true, false] {
                let token = browser.csrf().await;
                let path = format!("/conversations/{conversation}/{act}");
                let mut request = TestRequest::post().uri(&path).set_form(fields.to_vec()).insert_header((csrf::HEADER, token));
                if by_script {
                    request = request.insert_header((ACCEPT, "text/vnd.turbo-stream.html")).insert_header(("x-baton", "1"));
                }
                let answer = browser.ask(request).await;
                answers.push((format!("{path} {by_script}"), format!("{:?} {}", answer.headers, answer.body)));
            }
        }
    }
    answers
}

#[actix_web::test]
async fn nobody_without_the_permission_is_told_a_number_on_any_page_part_or_answer() {
    let (shop, conversations) = shop_with_customers().await;
    let role = RoleId(Uuid::now_v7());
    let all_but: Vec<&str> = Permission::ALL.into_iter().filter(|it| *it != Permission::SeePhones).map(Permission::as_str).collect();
    let sql = "INSERT INTO roles (workspace_id, id, name, permissions, visibility) VALUES ($1, $2, 'Outside', $3, 'all')";
    let client = shop.house.state.store.client().await.unwrap();
    client.execute(sql, &[&shop.house.workspace.0, &role.0, &all_but]).await.unwrap();
    let mut eve = shop.hires("eve@example.com", Role::Own(role)).await;
    let mut root = shop.hires("root@example.com", Role::Admin).await;

    root.does(conversations[2], "assignment", &[]).await;
    client.batch_execute(DECIDED).await.unwrap();
    client.batch_execute("UPDATE conversations SET waiting_since = now() WHERE agent_id IS NOT NULL").await.unwrap();

    // They are there to be seen, where they may be.
    let seen = walk(&mut root.browser, conversations).await;
    for number in NUMBERS {
        assert!(seen.iter().any(|(_, text)| told(text).contains(&number)), "{number} is shown to nobody");
    }
    let pages = ["/inbox", "/admin/quarantine", "/admin/notices", "/floor/decisions", "/floor/hand-over"];
    for page in pages {
        assert!(seen.iter().any(|(path, text)| path == page && !told(text).is_empty()), "{page} shows no number to an administrator");
    }

    // What is no page is read too: tables, files, and what is offered while somebody types.
    let reply = format!("/settings/canned-replies/{}", reply_of(&shop).await);
    let offers = conversations.map(|conversation| format!("/conversations/{conversation}/canned-replies?q=call"));
    let files =
        ["/settings/changes.csv", "/settings/canned-replies/export", "/settings/file/workspace.yaml?people=yes", "/settings/fields"];
    let all: Vec<&str> = files.into_iter().chain([reply.as_str()]).chain(offers.iter().map(String::as_str)).collect();
    for path in all {
        let answers = [root.browser.get(path).await, eve.browser.get(path).await];
        for answer in &answers {
            assert!(answer.status == 200 && answer.body.contains("call_me") || path.contains("/conversations/"), "{path}: {answer:?}");
        }
        let [of_root, of_eve] = answers.map(|answer| told(&answer.body));
        assert_eq!(of_eve, [""; 0], "{path}");
        assert!(path != offers[1] || !of_root.is_empty(), "{path} fills no number in for an administrator");
    }

    let seen = walk(&mut eve.browser, conversations).await;
    let leaks: Vec<String> =
        seen.iter().filter(|(_, text)| !told(text).is_empty()).map(|(path, text)| format!("{path}: {:?}", told(text))).collect();
    assert!(leaks.is_empty(), "\n{}\n", leaks.join("\n"));
    assert!(
        seen.iter().any(|(path, text)| path == "/inbox" && text.contains("+34 ••• ••74")),
        "who has no name is told apart by two digits"
    );
    assert!(seen.iter().filter(|(_, text)| text.contains("+34 ••• ••75")).count() > 3);
}

#[actix_web::test]
async fn no_frame_of_a_socket_tells_a_number_to_whom_it_was_not_granted() {
    let (shop, conversations) = shop_with_customers().await;
    shop.watch().await;
    let mut ana = shop.hires("ana@example.com", Role::Agent).await;
    let moves = |to: &str| InboundContent::Unspoken(Unspoken::NumberChanged { to: Some(to.to_owned()) });
    shop.hears(NUMBERS[0], moves(NUMBERS[3])).await;
    shop.hears_as(&[Identity::Phone(NUMBERS[1].to_owned())], None).await;
    shop.hears_from(NUMBERS[2], NUMBERS[2], InboundContent::Text { body: "Hi".to_owned() }, None).await;
    for conversation in &conversations {
        ana.does(*conversation, "assignment", &[]).await;
    }
    let changes = shop.changes().await;
    assert!(changes.len() > 5, "{}", changes.len());
    let frames = async |locale: Locale| {
        let mut frames = String::new();
        for change in &changes {
            frames.push_str(&streams::row(&row_of_change(locale, change)));
            frames.extend(change.events.iter().filter_map(|recorded| live_html(locale, change, recorded)));
        }
        for conversation in &conversations {
            let viewer = sees_all(shop.house.workspace, ana.user);
            let missed = since_html(&shop.house.state, locale, viewer, *conversation, Seen::default()).await.unwrap().unwrap();
            frames.push_str(&missed.html);
        }
        frames
    };
    assert_eq!(told(&frames(Locale::default()).await), [""; 0]);
    assert_eq!(told(&frames(Locale::default().with(Phones::Shown)).await), NUMBERS);
}
