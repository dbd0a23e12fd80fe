//! Asking somebody who they are before a page is shown that is sensitive. Forms are asked on their own way
//! ([`edge::proof`](crate::web::edge::proof)).

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::Deserialize;

use super::edge::answer;
use super::edge::error::Result;
use super::edge::proof::ProofPage;
use super::edge::redirect::{FIRST_PAGE, go_to, local_path};
use super::sessions::proof::credentials;
use super::sessions::signed::Signed;
use super::state::State;

#[derive(Deserialize)]
pub(super) struct Question {
    #[serde(default)]
    next: String,
}

impl Question {
    fn next(&self) -> &str {
        local_path(&self.next).unwrap_or(FIRST_PAGE)
    }
}

/// `GET /proof`
pub(super) async fn page(state: web::Data<State>, signed: Signed, question: web::Query<Question>) -> Result<HttpResponse> {
    let credentials = credentials(&state, &signed).await?;
    let fields = vec![("next".to_owned(), question.next().to_owned()), ("csrf".to_owned(), signed.csrf.clone())];
    let page = ProofPage {
        locale: signed.locale,
        name: signed.name,
        email: credentials.email,
        action: "/proof".to_owned(),
        fields,
        in_parts: false,
        takes_code: credentials.totp.is_some(),
        problem: None,
    };
    answer::page(StatusCode::OK, &page)
}

/// `POST /proof`: it was proved on the way here.
pub(super) async fn create(question: web::Form<Question>) -> HttpResponse {
    go_to(question.next())
}
