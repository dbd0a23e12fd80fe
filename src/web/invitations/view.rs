//! The page of an invitation.

use askama::Template;
use askama_web::WebTemplate;

use crate::web::layouts::html::Html;
use crate::web::layouts::ui;
use crate::web::layouts::words::sentence;
use crate::web::locale::Locale;

/// What whoever has a link is shown.
#[derive(Debug, Clone)]
pub enum Shown {
    /// It leads nowhere; the key of why, under `invitation.problem`.
    Problem(&'static str),
    /// It is for another address than that of who has signed in.
    ForAnother { own: String },
    /// Somebody has an account under its address, and is to sign in to it.
    SignIn { path: String, email: String },
    /// Who has signed in may join.
    Join { path: String, name: String, email: String },
    /// Somebody new says who they are.
    New {
        path: String,
        name: String,
        email: String,
        /// The address is that of the invitation.
        is_bound: bool,
        /// Characters of a password at least.
        least: usize,
        problem: Option<String>,
    },
}

/// `GET /invitations/{token}`, and every answer to its form but the way in.
#[derive(Template, WebTemplate)]
#[template(path = "invitations/page.html")]
pub struct InvitationPage {
    pub locale: Locale,
    pub workspace_name: String,
    pub shown: Shown,
}

impl InvitationPage {
    fn title(&self) -> Html {
        sentence(&self.locale, "invitation.to", &[("workspace", &self.workspace_name)])
    }

    fn problem(&self, problem: &str) -> String {
        self.locale.t(&format!("invitation.problem.{problem}")).into_owned()
    }

    fn for_another(&self, own: &str) -> Html {
        sentence(&self.locale, "invitation.for_another", &[("email", own)])
    }

    fn sign_in_first(&self, email: &str) -> Html {
        sentence(&self.locale, "invitation.sign_in_first", &[("email", email)])
    }

    fn join_as(&self, name: &str, email: &str) -> Html {
        sentence(&self.locale, "invitation.join_as", &[("name", name), ("email", email)])
    }
}
