//! Setting up an authenticator app, and doing without one again.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use jiff::Timestamp;
use qrcode::types::Color;
use qrcode::{EcLevel, QrCode};
use serde::Deserialize;

use super::HERE;
use super::view::{RecoveryCodesPage, SecondFactorPage};
use crate::domain::totp::TotpSecret;
use crate::store::second_factors::Credentials;
use crate::web::conversations::act::person;
use crate::web::edge::answer::{self};
use crate::web::edge::error::{Error, Result};
use crate::web::edge::redirect::{go_to, go_to_with};
use crate::web::sessions::proof::{credentials, recovery_codes, recovery_hash};
use crate::web::sessions::signed::Signed;
use crate::web::state::State;

/// Light squares around a QR code, as its readers want them.
const QUIET: usize = 4;

#[derive(Deserialize)]
pub(in crate::web) struct Confirmation {
    sealed: String,
    code: String,
}

/// `GET /profile/second-factor`
pub(in crate::web) async fn page(state: web::Data<State>, signed: Signed) -> Result<HttpResponse> {
    let credentials = credentials(&state, &signed).await?;
    if credentials.totp.is_some() {
        return Ok(go_to(&format!("{HERE}/sign-in")));
    }
    let secret = TotpSecret::new(rand::random());
    let sealed = state.store.sealed_totp(credentials.account, &secret)?;
    shown(&signed, &credentials, &secret, sealed, None)
}

/// `POST /profile/second-factor`: the code shows that the app knows the secret.
pub(in crate::web) async fn create(state: web::Data<State>, signed: Signed, form: web::Form<Confirmation>) -> Result<HttpResponse> {
    let Confirmation { sealed, code } = form.into_inner();
    let credentials = credentials(&state, &signed).await?;
    if credentials.totp.is_some() {
        return Ok(go_to(&format!("{HERE}/sign-in")));
    }
    let secret = state.store.opened_totp(credentials.account, &sealed).map_err(|_| Error::BadRequest)?;
    let Some(step) = secret.step_of(&code, Timestamp::now(), credentials.totp_step) else {
        let problem = Some(signed.locale.t("second_step.wrong").into_owned());
        return shown(&signed, &credentials, &secret, sealed, problem);
    };
    let codes = recovery_codes();
    let whose = (signed.workspace, signed.user, credentials.account);
    if !state.runner.set_up_second_factor(whose, &sealed, step, &hashes(&credentials, &codes)).await? {
        return Ok(go_to(&format!("{HERE}/sign-in")));
    }
    let mut response = answer::page(StatusCode::OK, &RecoveryCodesPage { locale: signed.locale, codes, is_new: true })?;
    // The token may still say that this is owed.
    response.add_cookie(&state.cookies().no_token_cookie()).map_err(Error::fault)?;
    Ok(response)
}

/// `POST /profile/second-factor/removal`
pub(in crate::web) async fn remove(state: web::Data<State>, signed: Signed) -> Result<HttpResponse> {
    state.runner.remove_own_second_factor(signed.workspace, person(&signed)).await?;
    go_to_with(&format!("{HERE}/sign-in?did=second_factor"), &[state.cookies().no_token_cookie()])
}

/// `POST /profile/second-factor/codes`: those there were count no more.
pub(in crate::web) async fn codes(state: web::Data<State>, signed: Signed) -> Result<HttpResponse> {
    let credentials = credentials(&state, &signed).await?;
    let codes = recovery_codes();
    let whose = (signed.workspace, signed.user, credentials.account);
    if !state.runner.replace_recovery_codes(whose, &hashes(&credentials, &codes)).await? {
        return Ok(go_to(&format!("{HERE}/sign-in")));
    }
    answer::page(StatusCode::OK, &RecoveryCodesPage { locale: signed.locale, codes, is_new: false })
}

fn hashes(credentials: &Credentials, codes: &[String]) -> Vec<[u8; 32]> {
    codes.iter().filter_map(|code| recovery_hash(credentials.account, code)).collect()
}

fn shown(signed: &Signed, credentials: &Credentials, secret: &TotpSecret, sealed: String, problem: Option<String>) -> Result<HttpResponse> {
    let address = secret.address(&credentials.workspace_name, &credentials.email);
    let (squares, side) = drawn(&address)?;
    let status = if problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = SecondFactorPage {
        locale: signed.locale,
        csrf: signed.csrf.clone(),
        is_owed: signed.owes_second_factor,
        squares,
        side,
        secret: secret.in_words(),
        sealed,
        problem,
    };
    answer::page(status, &page)
}

/// A QR code as the path of its dark squares, and how many units it is wide.
fn drawn(text: &str) -> Result<(String, usize)> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).map_err(Error::fault)?;
    let width = code.width();
    let dark = code.to_colors().into_iter().enumerate().filter(|(_, color)| *color == Color::Dark);
    let path = dark.map(|(place, _)| format!("M{} {}h1v1h-1z", place % width + QUIET, place / width + QUIET)).collect();
    Ok((path, width + 2 * QUIET))
}
