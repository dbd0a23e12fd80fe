//! The floor without scripts: what a supervisor sees there, does and takes back, and what they do not see.

use baton::domain::access::{Permission, Permissions, Rights, Role, Visibility};
use baton::domain::ids::RoleId;
use baton::domain::setup::{By, SetupCommand, value};
use uuid::Uuid;

use crate::shop::{Agent, Shop};
use crate::teams::value;

/// A second team with a queue of its own, in which somebody is.
const ELSEWHERE: &str = "
    INSERT INTO teams (workspace_id, id, name) VALUES ('{w}', '{t}', 'Elsewhere');
    INSERT INTO queues (workspace_id, id, key, name, team_id, hours)
    SELECT '{w}', '{t}', 'elsewhere', 'Far away', '{t}', hours FROM queues WHERE workspace_id = '{w}';
    INSERT INTO accounts (id, email, password_hash) VALUES ('{t}', 'zoltan@example.com', '');
    INSERT INTO users (workspace_id, id, account_id, name, role) VALUES ('{w}', '{t}', '{t}', 'Zoltan', 'agent');
    INSERT INTO agents (workspace_id, user_id) VALUES ('{w}', '{t}');
    INSERT INTO team_members (workspace_id, team_id, user_id) VALUES ('{w}', '{t}', '{t}')";

/// A shop where so many wait, with another team.
async fn waiting(count: usize) -> (Shop, Uuid) {
    let shop = Shop::open().await;
    let elsewhere = Uuid::now_v7();
    let sql = ELSEWHERE.replace("{w}", &shop.house.workspace.to_string()).replace("{t}", &elsewhere.to_string());
    shop.house.state.store.client().await.unwrap().batch_execute(&sql).await.unwrap();
    for number in 0..count {
        shop.hears_text(&format!("3460000{number:04}"), "hello").await;
    }
    (shop, elsewhere)
}

/// Nobody goes through the door here, so the node is told by hand.
async fn is_called(shop: &Shop, whom: &Agent<'_>, name: &str) {
    let client = shop.house.state.store.client().await.unwrap();
    client.execute("UPDATE users SET name = $2 WHERE id = $1", &[&whom.user.0, &name]).await.unwrap();
    shop.house.state.runner.workplaces().refresh(shop.house.workspace).await.unwrap();
}

/// Posts a form of the page that it stands on; answers where that leads, and what is read there.
async fn posts(iris: &mut Agent<'_>, page: &str, path: &str, fields: &[(&str, &str)]) -> (String, String) {
    let shown = iris.sees(page).await;
    let form = shown.split(&format!(r#"action="{path}""#)).nth(1).unwrap_or_else(|| panic!("no {path}: {shown}"));
    let mut fields = fields.to_vec();
    if form.split("</form>").next().unwrap().contains(r#"name="act""#) {
        fields.push(("act", value(form, "act")));
    }
    let answer = iris.browser.post(path, &fields).await;
    assert_eq!(answer.status, 303, "{path}: {}", answer.body);
    let shown = iris.sees(&answer.location).await;
    (answer.location, shown)
}

/// The part of a page about a thing.
fn row<'a>(page: &'a str, id: &str) -> &'a str {
    let row = page.split(&format!(r#"id="{id}""#)).nth(1).unwrap_or_else(|| panic!("no {id}: {page}"));
    row.split("</tr>").next().unwrap()
}

#[actix_web::test]
async fn what_waits_is_seen_moved_and_moved_back_by_plain_forms() {
    let (shop, elsewhere) = waiting(3).await;
    let mut iris = shop.hires("iris@example.com", Role::Supervisor).await;
    let floor = iris.sees("/floor").await;
    let support = format!("floor-queue-{}", shop.queue);
    assert!(row(&floor, &support).contains(">3</td>"), "{floor}");
    for words in
        [">Floor</h1>", "Support: 3 wait and nobody is here. Move them, or set somebody online.", r#"aria-current="page" title="Floor""#]
    {
        assert!(floor.contains(words), "{words}: {floor}");
    }
    assert!(!floor.contains("34600"), "nobody's phone numbers");

    let (page, moves) = (format!("/floor/queues/{}", shop.queue), format!("/floor/queues/{}/moves", shop.queue));
    let (_, told) = posts(&mut iris, &page, &moves, &[("to", &elsewhere.to_string()), ("count", "2")]).await;
    assert!(told.contains("<bdi>2</bdi> moved from <bdi>Support</bdi> to <bdi>Far away</bdi>."), "{told}");
    assert!(row(&told, &support).contains(">1</td>"), "{told}");
    let undo = told.split(r#"action="/floor/acts/"#).nth(1).and_then(|rest| rest.split('"').next()).expect("an offer to undo");
    let undone = iris.browser.post(&format!("/floor/acts/{undo}"), &[]).await;
    assert_eq!((undone.status.as_u16(), undone.location.as_str()), (303, "/floor"));
    let floor = iris.sees("/floor").await;
    assert!(row(&floor, &support).contains(">3</td>") && floor.contains("Taken back: 2"), "{floor}");
    assert!(!floor.contains("/undo\""), "it is taken back once: {floor}");

    let wrong = iris.browser.post(&moves, &[("to", "moon"), ("count", "2")]).await;
    assert!(wrong.status == 422 && wrong.body.contains("queue"), "{}", wrong.body);
    for count in ["", "many", "2.5", "0", "-1", "501"] {
        let wrong = iris.browser.post(&moves, &[("to", &elsewhere.to_string()), ("count", count)]).await;
        assert!(wrong.status == 422 && wrong.body.contains("from <bdi>1</bdi> to <bdi>500</bdi>"), "{count}: {}", wrong.body);
        assert!(row(&iris.sees("/floor").await, &support).contains(">3</td>"), "{count} moves nobody");
    }
}

#[actix_web::test]
async fn what_a_colleague_holds_is_returned_handed_over_and_how_much_they_are_given_is_set() {
    let (shop, _) = waiting(2).await;
    let mut iris = shop.hires("iris@example.com", Role::Supervisor).await;
    let mut ana = shop.hires("ana@example.com", Role::Agent).await;
    let ben = shop.hires("ben@example.com", Role::Agent).await;
    is_called(&shop, &ben, "Ben").await;
    for number in 0..2 {
        let conversation = shop.hears_text(&format!("3460000{number:04}"), "again").await;
        ana.does(conversation, "assignment", &[]).await;
    }
    ana.replies(shop.hears_text("34600000000", "and again").await, "Hello!").await;
    let (id, page) = (format!("floor-person-{}", ana.user), format!("/floor/people/{}", ana.user));
    let shown = iris.sees(&page).await;
    for words in ["2 of 8", "1 answered · 0 resolved", "Gone"] {
        assert!(row(&shown, &id).contains(words), "{words}: {}", row(&shown, &id));
    }
    assert!(shown.contains("Holds 2 conversations"), "{shown}");
    let told = posts(&mut iris, &page, &format!("{page}/hand-over"), &[("to", &ben.user.to_string())]).await.1;
    assert!(told.contains("<bdi>2</bdi> handed from <bdi>Ana</bdi> to <bdi>Ben</bdi>."), "{told}");
    let bens = format!("/floor/people/{}", ben.user);
    let told = posts(&mut iris, &bens, &format!("{bens}/return"), &[("away", "yes")]).await.1;
    assert!(told.contains("<bdi>2</bdi> of <bdi>Ben</bdi> are back in their queues. They are away."), "{told}");
    assert!(row(&told, &format!("floor-queue-{}", shop.queue)).contains(">2</td>"), "{told}");
    let told = posts(&mut iris, &bens, &format!("{bens}/availability"), &[("availability", "online")]).await.1;
    assert!(told.contains("<bdi>Ben</bdi> is online."), "{told}");
    let told = posts(&mut iris, &bens, &format!("{bens}/capacity"), &[("capacity", "3")]).await.1;
    assert!(told.contains("<bdi>Ben</bdi> holds <bdi>3</bdi> at most.") && told.contains("0 of 3"), "{told}");
    for capacity in ["", "many", "-1"] {
        let wrong = iris.browser.post(&format!("{bens}/capacity"), &[("capacity", capacity)]).await;
        assert!(wrong.status == 422 && wrong.body.contains("1000"), "{capacity}: {}", wrong.body);
    }
    let nobody = iris.browser.post(&format!("{page}/hand-over"), &[("to", &Uuid::now_v7().to_string())]).await;
    assert_eq!(nobody.status, 422, "{}", nobody.body);
}

/// Whoever reads along and may not write to customers is given none.
#[actix_web::test]
async fn whoever_may_not_reply_is_handed_nothing_and_is_not_offered() {
    let (shop, _) = waiting(1).await;
    let role = RoleId(Uuid::now_v7());
    let rights = Rights { permissions: Permissions::of(&[Permission::SeeInbox]), visibility: Visibility::All };
    let new = value::Role { name: "Reads along".to_owned(), rights };
    let runner = &shop.house.state.runner;
    runner.configure(shop.house.workspace, &By::System, SetupCommand::AddRole { role, new }, None).await.unwrap();
    let mut iris = shop.hires("iris@example.com", Role::Supervisor).await;
    let mut ana = shop.hires("ana@example.com", Role::Agent).await;
    let reader = shop.hires("rita@example.com", Role::Own(role)).await;
    let conversation = shop.hears_text("34600000000", "again").await;
    ana.does(conversation, "assignment", &[]).await;
    let (page, to) = (format!("/floor/people/{}", ana.user), reader.user.to_string());
    assert!(!iris.sees(&page).await.contains(&format!(r#"<option value="{to}""#)));
    assert!(!ana.sees(&format!("/conversations/{conversation}")).await.contains(&format!(r#"value="agent:{to}""#)));
    for (path, to) in
        [(format!("{page}/hand-over"), to.clone()), (format!("/conversations/{conversation}/transfer"), format!("agent:{to}"))]
    {
        let refused = iris.browser.post(&path, &[("to", &to)]).await;
        assert!(refused.status == 409 && refused.body.contains("may not answer customers"), "{path}: {refused:?}");
    }
    assert!(row(&iris.sees(&page).await, &format!("floor-person-{}", ana.user)).contains("1 of 8"));
}

#[actix_web::test]
async fn an_answer_that_is_owed_for_too_long_is_an_alarm_before_the_promise_of_the_queue_is_past() {
    let (shop, _) = waiting(1).await;
    let mut iris = shop.hires("iris@example.com", Role::Supervisor).await;
    let mut ana = shop.hires("ana@example.com", Role::Agent).await;
    let conversation = shop.hears_text("34600000000", "again").await;
    ana.does(conversation, "assignment", &[]).await;
    let client = shop.house.state.store.client().await.unwrap();
    let minutes_pass = "UPDATE conversations SET waiting_since = now() - interval '9 minutes', assigned_at = now() - interval '9 minutes'";
    client.batch_execute(&format!("UPDATE workspaces SET answer_minutes = 13; {minutes_pass}")).await.unwrap();
    let _here = shop.opens_a_page(&ana);
    let calm = iris.sees("/floor").await;
    assert!(!calm.contains("is not answered"), "{calm}");
    client.batch_execute("UPDATE workspaces SET answer_minutes = 12").await.unwrap();
    let floor = iris.sees("/floor").await;
    let words = "Ana holds 1 conversation, and a customer is not answered: it goes back to its queue soon.";
    assert!(floor.contains(words) && row(&floor, &format!("floor-person-{}", ana.user)).contains("Not answered"), "{floor}");
}

#[actix_web::test]
async fn a_supervisor_of_their_own_teams_sees_these_and_nobody_elses() {
    let (shop, elsewhere) = waiting(1).await;
    let role = RoleId(Uuid::now_v7());
    let permissions = Permissions::of(&[Permission::SeeInbox, Permission::Supervise]);
    let new = value::Role { name: "Lead".to_owned(), rights: Rights { permissions, visibility: Visibility::OwnTeams } };
    let runner = &shop.house.state.runner;
    runner.configure(shop.house.workspace, &By::System, SetupCommand::AddRole { role, new }, None).await.unwrap();
    let mut lead = shop.hires("lead@example.com", Role::Own(role)).await;
    let floor = lead.sees("/floor").await;
    assert!(floor.contains("Support") && !floor.contains("Far away") && !floor.contains("Zoltan"), "{floor}");
    for path in [format!("/floor/queues/{elsewhere}"), format!("/floor/people/{elsewhere}")] {
        assert_eq!(lead.browser.get(&path).await.status, 404, "{path}");
    }
    for path in [format!("/floor/queues/{elsewhere}/moves"), format!("/floor/people/{elsewhere}/capacity")] {
        assert_eq!(lead.browser.post(&path, &[("to", &shop.queue.to_string()), ("capacity", "1")]).await.status, 404, "{path}");
    }
    let theirs = lead.sees(&format!("/floor?team={elsewhere}")).await;
    assert!(!theirs.contains("Far away") && !theirs.contains("Support</bdi>"), "no filter shows more: {theirs}");
    let mut iris = shop.hires("iris@example.com", Role::Supervisor).await;
    let filtered = iris.sees(&format!("/floor?team={elsewhere}")).await;
    assert!(filtered.contains("Far away") && filtered.contains("Zoltan"), "{filtered}");
    assert!(!row_is_there(&filtered, &format!("floor-queue-{}", shop.queue)), "{filtered}");
    let mut ana = shop.hires("ana@example.com", Role::Agent).await;
    assert_eq!(ana.browser.get("/floor").await.status, 403);
    assert!(!ana.sees("/inbox").await.contains(r#"href="/floor""#));
}

fn row_is_there(page: &str, id: &str) -> bool {
    page.contains(&format!(r#"id="{id}""#))
}

#[actix_web::test]
async fn a_wall_names_nobody_and_has_nothing_to_press() {
    let (shop, _) = waiting(1).await;
    let mut iris = shop.hires("iris@example.com", Role::Supervisor).await;
    is_called(&shop, &iris, "Iris").await;
    let wall = iris.sees("/floor?wall").await;
    assert!(wall.contains("Support") && wall.contains("nobody is here"), "{wall}");
    for words in ["Iris", "Zoltan", "<button", "<form", "<a ", "/floor/queues/"] {
        assert!(!wall.contains(words), "{words}: {wall}");
    }
}

/// A decision of routing for each conversation that was assigned.
const DECIDED: &str = "
    INSERT INTO routing_decisions (workspace_id, conversation_id, seq, at, queue_id, agent_id, waited_ms, version, record)
    SELECT e.workspace_id, e.subject_id, e.seq, e.at, c.queue_id, c.agent_id, 90000, 7, '{}'
    FROM events AS e JOIN conversations AS c ON c.id = e.subject_id WHERE e.kind = 'conversation_assigned'";

#[actix_web::test]
async fn who_got_what_and_why_is_a_list_of_what_one_sees_of_a_queue_or_of_an_agent() {
    let (shop, elsewhere) = waiting(0).await;
    let mut iris = shop.hires("iris@example.com", Role::Supervisor).await;
    assert!(iris.sees("/floor/decisions").await.contains("Nothing was decided yet"));
    for number in ["34600001", "34600002"] {
        let conversation = shop.hears_text(number, "hello").await;
        iris.does(conversation, "assignment", &[]).await;
    }
    shop.house.state.store.client().await.unwrap().batch_execute(DECIDED).await.unwrap();
    let shown = iris.sees("/floor/decisions").await;
    assert_eq!(shown.matches(r#"<li class="decision">"#).count(), 2, "{shown}");
    assert!(shown.contains("waited 1 min · configuration 7"), "{shown}");
    let of = async |iris: &mut Agent<'_>, what: &str| {
        iris.sees(&format!("/floor/decisions?{what}")).await.matches(r#"<li class="decision">"#).count()
    };
    assert_eq!(of(&mut iris, &format!("queue={elsewhere}")).await, 0);
    let own = format!("agent={}", iris.user.0);
    assert_eq!(of(&mut iris, &own).await, 2);
}

#[actix_web::test]
async fn the_oldest_of_a_queue_are_given_to_somebody_or_taken_and_what_somebody_holds_is_taken_over() {
    let (shop, _) = waiting(4).await;
    let mut iris = shop.hires("iris@example.com", Role::Supervisor).await;
    let ana = shop.hires("ana@example.com", Role::Agent).await;
    let (page, moves) = (format!("/floor/queues/{}", shop.queue), format!("/floor/queues/{}/moves", shop.queue));
    let support = format!("floor-queue-{}", shop.queue);
    let to_ana = format!("agent:{}", ana.user);
    let (_, told) = posts(&mut iris, &page, &moves, &[("to", &to_ana), ("count", "2")]).await;
    assert!(told.contains("<bdi>2</bdi> given from <bdi>Support</bdi> to <bdi>Ana</bdi>.") && told.contains("2 of 8"), "{told}");
    let undo = told.split(r#"action="/floor/acts/"#).nth(1).and_then(|rest| rest.split('"').next()).expect("an offer to undo");
    iris.browser.post(&format!("/floor/acts/{undo}"), &[]).await;
    let floor = iris.sees("/floor").await;
    assert!(row(&floor, &support).contains(">4</td>") && floor.contains("0 of 8"), "{floor}");

    let (_, told) = posts(&mut iris, &page, &moves, &[("to", &to_ana), ("all", "yes")]).await;
    assert!(row(&told, &support).contains(">0</td>") && told.contains("4 of 8"), "{told}");
    let anas = format!("/floor/people/{}", ana.user);
    let own = iris.user.to_string();
    let (_, told) = posts(&mut iris, &anas, &format!("{anas}/hand-over"), &[("to", &own)]).await;
    assert!(told.contains("<bdi>4</bdi> taken from <bdi>Ana</bdi>."), "{told}");
    for to in ["agent:moon".to_owned(), format!("agent:{}", Uuid::now_v7())] {
        let wrong = iris.browser.post(&moves, &[("to", &to), ("count", "1")]).await;
        assert_eq!(wrong.status, 422, "{}", wrong.body);
    }
}

#[actix_web::test]
async fn how_the_day_went_is_counted_as_it_happens_and_drawn_with_the_same_in_words() {
    let (shop, elsewhere) = waiting(3).await;
    let mut iris = shop.hires("iris@example.com", Role::Supervisor).await;
    let mut ana = shop.hires("ana@example.com", Role::Agent).await;
    let conversation = shop.hears_text("34600000000", "again").await;
    ana.does(conversation, "assignment", &[]).await;
    let client = shop.house.state.store.client().await.unwrap();
    let sum = "SELECT sum(came), sum(gone), sum(taken) FROM queue_tallies WHERE queue_id = $1";
    let counted = client.query_one(sum, &[&shop.queue.0]).await.unwrap();
    assert_eq!((counted.get::<_, i64>(0), counted.get::<_, i64>(1), counted.get::<_, i64>(2)), (3, 1, 1));
    let moves = format!("/floor/queues/{}/moves", shop.queue);
    iris.browser.post(&moves, &[("to", &elsewhere.to_string()), ("count", "1")]).await;
    let moved = client.query_one(sum, &[&elsewhere]).await.unwrap();
    assert_eq!((moved.get::<_, i64>(0), moved.get::<_, i64>(1), moved.get::<_, i64>(2)), (1, 0, 0));
    let today = iris.sees("/floor/today").await;
    let support = today.split(&format!(r#"id="course-{}""#, shop.queue)).nth(1).unwrap().split("</section>").next().unwrap();
    assert!(support.contains("course__chart--waiting") && support.contains("<td>1</td>"), "{support}");
    assert!(today.contains(r#"id="course-all""#) && today.contains("Far away"), "{today}");
    let filtered = iris.sees(&format!("/floor/today?team={elsewhere}")).await;
    assert!(filtered.contains("Far away") && !filtered.contains("Support</bdi>"), "{filtered}");
    assert_eq!(ana.browser.get("/floor/today").await.status, 403);
}

#[actix_web::test]
async fn a_shift_is_handed_over_by_what_is_open_and_who_has_room() {
    let (shop, _) = waiting(2).await;
    let mut iris = shop.hires("iris@example.com", Role::Supervisor).await;
    let mut ana = shop.hires("ana@example.com", Role::Agent).await;
    let ben = shop.hires("ben@example.com", Role::Agent).await;
    is_called(&shop, &ben, "Ben").await;
    let conversation = shop.hears_text("34600000000", "again").await;
    ana.does(conversation, "assignment", &[]).await;
    let _here = shop.opens_a_page(&ben);
    let page = iris.sees("/floor/hand-over").await;
    let part = |id: &str| page.split(&format!(r#"id="handover-{id}""#)).nth(1).unwrap().split("</section>").next().unwrap().to_owned();
    assert_eq!(part("waiting").matches("/conversations/").count(), 1, "{}", part("waiting"));
    assert!(part("owed").contains(&conversation.to_string()), "{}", part("owed"));
    assert!(part("takes").contains("Ana") && part("takes").contains("<bdi>Ben</bdi> has room for all of it."), "{}", part("takes"));
    assert!(part("due").contains("Nothing."), "{}", part("due"));
    assert!(!page.contains("34600"), "nobody's phone numbers");
    assert_eq!(ana.browser.get("/floor/hand-over").await.status, 403);
}

#[actix_web::test]
async fn an_agent_sees_what_they_hold_who_waits_longest_and_what_is_due() {
    let (shop, _) = waiting(1).await;
    let mut ana = shop.hires("ana@example.com", Role::Agent).await;
    assert!(ana.sees("/inbox").await.contains("0 of 8"));
    let conversation = shop.hears_text("34600000000", "again").await;
    ana.does(conversation, "assignment", &[]).await;
    let own = ana.sees("/inbox/own").await;
    assert!(own.contains("1 of 8") && own.contains("Longest wait"), "{own}");
    assert!(!own.contains("Late by"), "{own}");
    let client = shop.house.state.store.client().await.unwrap();
    client
        .batch_execute("UPDATE conversations SET sla_due_at = now() - interval '1 minute', sla_soon_at = now() - interval '2 minutes'")
        .await
        .unwrap();
    assert!(ana.sees("/inbox/own").await.contains("Late by"));
}
