//! Canned replies for whoever answers in a conversation, filled in for its customer.

use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};

use crate::domain::canned::{Filling, fill};
use crate::domain::ids::{CannedReplyId, ConversationId};
use crate::web::edge::error::{Error, Result};
use crate::web::sessions::signed::Signed;
use crate::web::state::State;

#[derive(Deserialize)]
pub(in crate::web) struct Wanted {
    #[serde(default)]
    q: String,
}

/// As scripts read it.
#[derive(Serialize)]
struct Reply {
    id: CannedReplyId,
    shortcut: String,
    body: String,
}

/// `GET /conversations/{id}/canned-replies`: what somebody who typed `/` and `q` may mean, the likeliest first.
pub(in crate::web) async fn index(
    state: web::Data<State>,
    signed: Signed,
    id: web::Path<ConversationId>,
    wanted: web::Query<Wanted>,
) -> Result<HttpResponse> {
    let sight = state.sight(&signed, *id).await?;
    let word: String = wanted.q.chars().take(100).collect();
    let offered = state.store.offered_replies(signed.workspace, signed.user, &word);
    let (opened, offered) = tokio::try_join!(state.store.opened(sight, None), offered)?;
    let opened = opened.ok_or(Error::NotFound)?;
    let workplace = state.runner.workplaces().get(signed.workspace).await?;
    let contact = opened.contact.read_by(signed.locale.phones());
    let filling = Filling {
        contact: &contact,
        agent: workplace.people.get(&signed.user).map(String::as_str).unwrap_or_default(),
        topic: opened.conversation.brief.as_ref().and_then(|brief| brief.topic.as_deref()),
        queue: opened.conversation.queue.and_then(|queue| workplace.queue(queue)).map(|queue| queue.name.as_str()),
    };
    let filled = |offered: crate::store::canned_replies::Offered| Reply {
        id: offered.id,
        shortcut: offered.shortcut,
        body: fill(&offered.body, &filling),
    };
    Ok(HttpResponse::Ok().json(offered.into_iter().map(filled).collect::<Vec<_>>()))
}
