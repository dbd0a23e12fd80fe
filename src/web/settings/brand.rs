//! What the workspace looks like: its logo, its colour, and whether it hides whose product this is.

pub mod view;

use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, web};
use sha2::{Digest, Sha256};

use self::view::{BrandPage, Typed};
use super::changes::about_parts;
use super::{Did, configure, done, shell};
use crate::domain::setup::command::WorkspaceChange;
use crate::domain::setup::{SetupCommand, SetupRefusal};
use crate::media;
use crate::web::edge::answer::page;
use crate::web::edge::error::{Error, Result};
use crate::web::edge::parts::Parts;
use crate::web::sessions::signed::Signed;
use crate::web::state::State;

const HERE: &str = "/settings/brand";

/// Bytes of a logo as it is sent at most.
const LARGEST: usize = 1024 * 1024;

/// The parts of the workspace that are its brand.
const PARTS: [&str; 3] = ["accent", "logo", "white_label"];

/// `GET /settings/brand`
pub(in crate::web) async fn show(state: web::Data<State>, signed: Signed, did: web::Query<Did>) -> Result<HttpResponse> {
    whole(&state, &signed, &did, None).await
}

/// `POST /settings/brand`
pub(in crate::web) async fn update(state: web::Data<State>, signed: Signed, request: HttpRequest, body: Bytes) -> Result<HttpResponse> {
    let parts = Parts::read(request.headers(), body).await?;
    let accent = parts.text("nearest").or_else(|| parts.text("accent").filter(|_| parts.text("own_accent").is_some()));
    let typed = Typed { accent: accent.clone(), white_label: parts.text("white_label").is_some(), nearest: None };
    let seen = parts.text("seen").and_then(|seen| seen.parse().ok());
    let logo = match parts.file("logo") {
        Some(bytes) => match kept_logo(&state, &signed, bytes).await {
            Ok(hash) => Some(Some(hash)),
            Err(error) => return whole(&state, &signed, &Did::default(), Some((typed, error))).await,
        },
        None => parts.text("no_logo").map(|_| None),
    };
    let change = WorkspaceChange { accent: Some(accent), logo, white_label: Some(typed.white_label), ..WorkspaceChange::default() };
    match configure(&state, &signed, SetupCommand::ChangeWorkspace { change }, seen).await {
        Ok(configured) => Ok(done(HERE, &configured)),
        Err(error) => whole(&state, &signed, &Did::default(), Some((typed, error))).await,
    }
}

/// Draws a logo anew, so that nothing but a picture is in it, and keeps it; answers its hash.
async fn kept_logo(state: &State, signed: &Signed, bytes: Bytes) -> Result<String> {
    if bytes.len() > LARGEST {
        return Err(Error::Refused(SetupRefusal::LogoUnfit.into()));
    }
    let drawn = media::redraw(bytes).await.map_err(|_| Error::Crowded)?;
    let png = drawn.map_err(|_| Error::Refused(SetupRefusal::LogoUnfit.into()))?;
    let hash = hex::encode(&Sha256::digest(&png)[..16]);
    state.runner.keep_logo(signed.workspace, &hash, &png).await?;
    Ok(hash)
}

async fn whole(state: &State, signed: &Signed, did: &Did, refused: Option<(Typed, Error)>) -> Result<HttpResponse> {
    let (chrome, mut shell) = shell(state, signed, did).await?;
    let now = async { Ok(state.store.workspace(signed.workspace).await?) };
    let (now, acts) = tokio::try_join!(now, about_parts(state, signed, signed.workspace.0, &PARTS))?;
    let now = now.ok_or(Error::NotFound)?;
    let (typed, error) = refused.unzip();
    let mut typed = typed.unwrap_or_else(|| Typed::of(&now));
    if let Some(Error::Refused(refusal)) = &error {
        typed.nearest = view::nearest(refusal);
    }
    let status = shell.status(signed.locale, error)?;
    page(status, &BrandPage { chrome, shell, typed, logo: now.brand.logo, acts })
}
