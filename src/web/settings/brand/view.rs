//! The page of the brand.

use askama::Template;
use askama_web::WebTemplate;

use crate::domain::refusal::Refusal;
use crate::domain::setup::SetupRefusal;
use crate::domain::setup::value::Workspace;
use crate::web::layouts::chrome::Chrome;
use crate::web::layouts::time;
use crate::web::layouts::ui;
use crate::web::settings::changes::view::Act;
use crate::web::settings::view::Shell;

/// What the field of the colour shows while there is none.
const HOUSE: &str = "#006b70";

/// `GET /settings/brand`
#[derive(Template, WebTemplate)]
#[template(path = "settings/brand.html")]
pub struct BrandPage {
    pub chrome: Chrome,
    pub shell: Shell,
    pub typed: Typed,
    /// The hash of the logo that is set.
    pub logo: Option<String>,
    /// What became of it.
    pub acts: Vec<Act>,
}

/// What stands in the form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Typed {
    pub accent: Option<String>,
    pub white_label: bool,
    /// A colour that could be taken in place of the one that cannot.
    pub nearest: Option<String>,
}

impl Typed {
    #[must_use]
    pub fn of(workspace: &Workspace) -> Self {
        Self { accent: workspace.brand.accent.clone(), white_label: workspace.brand.white_label, nearest: None }
    }
}

/// The colour that is offered in place of one that cannot be read.
#[must_use]
pub fn nearest(refusal: &Refusal) -> Option<String> {
    match refusal {
        Refusal::SetUp(SetupRefusal::AccentUnreadable { nearest, .. }) => Some(nearest.clone()),
        _ => None,
    }
}

impl BrandPage {
    fn colour(&self) -> &str {
        self.typed.accent.as_deref().unwrap_or(HOUSE)
    }
}
