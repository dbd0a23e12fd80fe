//! The list of people beside the phones.

use actix_web::{HttpResponse, web};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{users::User, world::World};

/// People listed at a time.
const LIST_LIMIT: usize = 60;

/// What to look for.
#[derive(Deserialize)]
pub struct Query {
    #[serde(default)]
    q: String,
}

/// The people whose name or number contains `q`, those with the latest news first.
pub async fn list(world: web::Data<World>, query: web::Query<Query>) -> HttpResponse {
    let wanted = query.q.trim().to_lowercase();
    let state = world.state();
    let is_wanted = |user: &&User| wanted.is_empty() || user.wa_id.contains(&wanted) || user.name.to_lowercase().contains(&wanted);
    let mut people: Vec<&User> = state.users.values().filter(is_wanted).collect();
    let total = people.len();
    people.sort_by(|left, right| right.active.cmp(&left.active).then_with(|| left.name.cmp(&right.name)));
    people.truncate(LIST_LIMIT);
    let people: Vec<Value> = people
        .into_iter()
        .map(|user| {
            json!({
                "wa_id": user.wa_id, "name": user.name, "online": user.online, "unread": state.unread(&user.wa_id),
                "last": state.last_line(&user.wa_id),
            })
        })
        .collect();
    HttpResponse::Ok().json(json!({"people": people, "total": total, "numbers": state.numbers.len()}))
}
