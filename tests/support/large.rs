//! A workspace as large as they come, as the file that Baton imports: 500 people, 200 queues, 2,000 canned replies, and names of every
//! length and direction.

use std::fmt::Write;

pub const PEOPLE: usize = 500;
pub const QUEUES: usize = 200;
pub const REPLIES: usize = 2_000;
const TEAMS: usize = 60;
const ROLES: usize = 20;
const STEPS: usize = 249;
const TAGS: usize = 300;
const FIELDS: usize = 150;
const RULES: usize = 150;
const SKILLS: usize = 60;
const POLICIES: usize = 60;

const NAMES: [&str; 8] = [
    "Ana Duarte",
    "محمد عبد الرحمن الخطيب",
    "שירה בן־דוד",
    "Maximiliana Alejandra Guadalupe Hohenzollern-Sigmaringen y Fernández de la Vega",
    "王小明",
    "Åse Øygarden",
    "Nguyễn Thị Minh Khai",
    "Rechtsschutzversicherungsgesellschaften",
];

/// The whole file.
pub fn file() -> String {
    let mut file = String::from("format: baton.workspace/v1\nworkspace: {name: Large, locale: en, time_zone: Europe/Madrid}\nroles:\n");
    for role in 0..ROLES {
        _ = writeln!(file, "- {{name: {:?}, permissions: [contacts:phones], visibility: own_teams}}", called("Desk", role));
    }
    file.push_str("teams:\n");
    for team in 0..TEAMS {
        _ = writeln!(file, "- name: {:?}", called("Team", team));
    }
    file.push_str("people:\n");
    for person in 0..PEOPLE {
        let (name, teams) = (NAMES[person % NAMES.len()], [person % TEAMS, (person * 7 + 1) % TEAMS].map(|team| called("Team", team)));
        let role = ["agent", "agent", "agent", "supervisor"][person % 4];
        _ = writeln!(
            file,
            "- {{email: person{person}@example.com, name: {name:?}, role: {role}, locale: en, capacity: 8, active: true, teams: {teams:?}, languages: [ar, en]}}"
        );
    }
    file.push_str("queues:\n");
    for queue in 0..QUEUES {
        let (name, team) = (called("Queue", queue), called("Team", queue % TEAMS));
        _ = writeln!(
            file,
            "- key: queue_{queue}\n  name: {name:?}\n  team: {team:?}\n  promise_minutes: 15\n  hours:\n    time_zone: Asia/Riyadh"
        );
        _ = writeln!(
            file,
            "    holidays: [2027-01-01]\n    weekly: {{mon: [[\"08:00\", \"12:00\"], [\"13:00\", \"17:30\"]], tue: [[\"09:00\", \"17:00\"]]}}"
        );
    }
    file.push_str("canned_replies:\n");
    for reply in 0..REPLIES {
        let body = "Hello {{contact.first_name}}, thank you for waiting; the parcel is on its way. ".repeat(1 + reply % 5);
        let (folder, team) = (called("Folder", reply % 60), called("Team", reply % TEAMS));
        let audience = if reply % 3 == 0 { format!(", team: {team:?}") } else { String::new() };
        _ = writeln!(file, "- {{shortcut: reply-{reply}, body: {body:?}, folder: {folder:?}{audience}}}");
    }
    file.push_str("tags:\n");
    for tag in 0..TAGS {
        let colour = ["red", "green", "blue", "gray"][tag % 4];
        _ = writeln!(file, "- {{name: {:?}, colour: {colour}}}", called("Tag", tag).chars().take(40).collect::<String>().trim());
    }
    file.push_str("fields:\n");
    for field in 0..FIELDS {
        let (label, of) = (called("Field", field), ["contact", "conversation"][field % 2]);
        _ = writeln!(file, "- {{key: field_{field}, label: {label:?}, of: {of}, kind: text}}");
    }
    file.push_str("skills:\n");
    for skill in 0..SKILLS {
        _ = writeln!(file, "- {{key: skill_{skill}, name: {:?}}}", called("Skill", skill));
    }
    file.push_str("sla_policies:\n");
    for policy in 0..POLICIES {
        _ = writeln!(
            file,
            "- {{name: {:?}, first_response: {{normal: {}}}, resolution: {{high: 90}}}}",
            called("Policy", policy),
            policy + 1
        );
    }
    file.push_str("entry_rules:\n");
    for rule in 0..RULES {
        let (name, queue, tag) = (called("Rule", rule), rule % QUEUES, called("Tag", rule % TAGS).chars().take(40).collect::<String>());
        let tags = format!("{{subject: conversation.tags, one_of: [{:?}]}}", tag.trim());
        let text = format!("{{subject: message.text, contains: word {rule}}}");
        _ = writeln!(file, "- {{name: {name:?}, queue: queue_{queue}, conditions: {{all: [{text}, {{any: [{tags}, {text}]}}]}}}}");
    }
    _ = writeln!(file, "flows:\n- name: Large\n  definition: {}", flow());
    file
}

/// A flow of hundreds of steps, as JSON.
fn flow() -> serde_json::Value {
    let step = |place: usize| {
        let next = if place + 1 == STEPS { "end".to_owned() } else { format!("step_{}", place + 1) };
        let prompt = format!("Question {place} of many, which is as long as questions are in flows that a company has kept for years?");
        let options = ["yes", "no", "later"].map(|id| serde_json::json!({"id": id, "title": {"en": id}}));
        let ask = serde_json::json!({"kind": "ask", "as": "buttons", "field": format!("field_{place}"), "label": format!("Field {place}"),
            "prompt": {"en": prompt}, "options": options, "next": next});
        (format!("step_{place}"), ask)
    };
    let mut nodes: serde_json::Map<String, serde_json::Value> = (0..STEPS).map(step).collect();
    nodes.insert("end".to_owned(), serde_json::json!({"kind": "hand_off", "text": {"en": "Thank you."}}));
    serde_json::json!({"format": 1, "name": "Large", "language": "en", "default_queue": "queue_0", "start": "step_0", "nodes": nodes})
}

/// Such as `Team 7 שירה בן־דוד`: no two the same, some long, some from right to left.
fn called(kind: &str, number: usize) -> String {
    let name = NAMES[number % NAMES.len()];
    format!("{kind} {number} {}", name.chars().take(60).collect::<String>())
}
