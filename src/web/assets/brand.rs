//! Colours and logos of workspaces, at addresses that name their content.

use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpResponse, web};

use super::FOR_EVER;
use crate::domain::brand::Accent;
use crate::web::edge::error::{Error, Result};
use crate::web::state::State;

/// `GET /assets/brand/{name}`: `<hash>.png` is a logo, `<colour>-<build>.css` the custom properties of a colour.
pub(in crate::web) async fn show(state: web::Data<State>, name: web::Path<String>) -> Result<HttpResponse> {
    let (stem, ending) = name.rsplit_once('.').ok_or(Error::NotFound)?;
    let mut answer = HttpResponse::Ok();
    answer.insert_header((CACHE_CONTROL, FOR_EVER));
    match ending {
        "png" => {
            let png = state.store.logo(stem).await?.ok_or(Error::NotFound)?;
            Ok(answer.content_type("image/png").body(png))
        }
        "css" => {
            let accent = stem.split('-').next().and_then(Accent::read).ok_or(Error::NotFound)?;
            Ok(answer.content_type("text/css; charset=utf-8").body(accent.stylesheet()))
        }
        _ => Err(Error::NotFound),
    }
}
