//! Whether mails leave.

use super::Finding;
use crate::config::Config;
use crate::mail::Mailer;

pub(super) async fn examine(config: &Config) -> Finding {
    let Some(host) = &config.smtp_host else {
        return Finding::fine("No mails are sent: BATON_SMTP_HOST is not set. Invitations are links to copy.");
    };
    let answered = match Mailer::of(config) {
        Ok(Some(mailer)) => mailer.check().await,
        Ok(None) => Err("BATON_SMTP_FROM is not set".to_owned()),
        Err(error) => Err(error.to_string()),
    };
    match answered {
        Ok(()) => Finding::fine(format!("The mail server {host} takes mails.")),
        Err(reason) => Finding::wrong(format!(
            "The mail server {host} does not take mails ({reason}); check BATON_SMTP_HOST, _PORT, _TLS, _USER and _PASSWORD."
        )),
    }
}
