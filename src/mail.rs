//! The mail server of the installation (SMTP): mails to people leave here, and nowhere else.

use std::time::Duration;

use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::PoolConfig;
use lettre::transport::smtp::authentication::Credentials;
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};

use crate::config::{Config, Encryption};
use crate::domain::ids::MailId;
use crate::domain::mail::Mail;

/// How long the server may take for a step of the conversation.
const PATIENCE: Duration = Duration::from_secs(20);

/// Connections at most, and how long an idle one is kept.
const CONNECTIONS: u32 = 4;
const IDLE: Duration = Duration::from_secs(30);

/// Answers that say of this mail, and not of the server or of who we are, that it is never taken: no such mailbox, not here, too large, no
/// such name, refused for what it is, address unfit (RFC 5321, 4.2.3; RFC 7504).
const NEVER: [u16; 6] = [550, 551, 552, 553, 554, 556];

/// Sends mails. Cheap to clone.
#[derive(Clone)]
pub struct Mailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

/// Why a mail was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// Trying again may help; in words, which may name addresses.
    ForNow(String),
    /// It never will.
    ForEver(String),
}

impl Mailer {
    /// The mail server that `config` names, if any.
    ///
    /// # Errors
    /// When its name cannot be one.
    pub fn of(config: &Config) -> Result<Option<Self>, lettre::transport::smtp::Error> {
        let (Some(host), Some(from)) = (&config.smtp_host, &config.smtp_from) else { return Ok(None) };
        let builder = match config.smtp_tls {
            Encryption::StartTls => AsyncSmtpTransport::<Tokio1Executor>::starttls_relay(host)?,
            Encryption::Tls => AsyncSmtpTransport::<Tokio1Executor>::relay(host)?,
            Encryption::None => AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host),
        };
        let pool = PoolConfig::new().max_size(CONNECTIONS).idle_timeout(IDLE);
        let mut builder = builder.port(config.smtp_port).timeout(Some(PATIENCE)).pool_config(pool);
        if let (Some(user), Some(password)) = (&config.smtp_user, &config.smtp_password) {
            builder = builder.credentials(Credentials::new(user.clone(), password.clone()));
        }
        Ok(Some(Self { transport: builder.build(), from: from.clone() }))
    }

    /// Gives a mail to the server. One that is sent twice, because an answer was lost, has the same name both times.
    ///
    /// # Errors
    /// Why the server did not take it.
    pub async fn send(&self, id: MailId, mail: &Mail) -> Result<(), Failure> {
        let message = self.message(id, mail).map_err(Failure::ForEver)?;
        self.transport.send(message).await.map(drop).map_err(|error| {
            let code = error.status().map(u16::from);
            let words = error.to_string();
            if code.is_some_and(|code| NEVER.contains(&code)) { Failure::ForEver(words) } else { Failure::ForNow(words) }
        })
    }

    fn message(&self, id: MailId, mail: &Mail) -> Result<Message, String> {
        let to = mail.to.as_str().parse().map_err(|_| "the mail address cannot be written to".to_owned())?;
        let automatic = HeaderName::new_from_ascii_str("Auto-Submitted");
        Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(mail.subject.clone())
            .message_id(Some(format!("<{id}@{}>", self.from.email.domain())))
            .raw_header(HeaderValue::new(automatic, "auto-generated".to_owned()))
            .multipart(MultiPart::alternative_plain_html(mail.text.clone(), mail.html.clone()))
            .map_err(|error| error.to_string())
    }

    /// Whether the server answers, and takes us for who we say we are.
    ///
    /// # Errors
    /// In words, what it answered instead.
    pub async fn check(&self) -> Result<(), String> {
        match self.transport.test_connection().await {
            Ok(true) => Ok(()),
            Ok(false) => Err("it closed the connection".to_owned()),
            Err(error) => Err(error.to_string()),
        }
    }
}
