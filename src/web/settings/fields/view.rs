//! The pages of fields.

use askama::Template;
use askama_web::WebTemplate;

use crate::domain::details::{FieldKind, FieldOf};
use crate::domain::ids::{EntryRuleId, FieldId};
use crate::domain::setup::value::Field;
use crate::web::layouts::chrome::Chrome;
use crate::web::layouts::time;
use crate::web::layouts::ui;
use crate::web::layouts::words;
use crate::web::settings::changes::view::Act;
use crate::web::settings::view::Shell;

/// What a form says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Typed {
    /// Read from a form.
    pub is_of_form: bool,
    pub field: Field,
}

impl Default for Typed {
    /// A text of a customer that everybody sees.
    fn default() -> Self {
        let (of, kind) = (FieldOf::Contact, FieldKind::Text);
        let field =
            Field { key: String::new(), label: String::new(), of, kind, choices: Vec::new(), shown: true, locked: false, position: 0 };
        Self { is_of_form: false, field }
    }
}

/// `GET /settings/fields`
#[derive(Template, WebTemplate)]
#[template(path = "settings/fields.html")]
pub struct FieldsPage {
    pub chrome: Chrome,
    pub shell: Shell,
    pub fields: Vec<(FieldId, Field)>,
    /// The one that was not added.
    pub typed: Typed,
}

impl FieldsPage {
    /// Of a new one it is not known yet.
    #[allow(clippy::unused_self)]
    fn has_choices(&self) -> bool {
        true
    }

    /// Those of contacts and those of conversations, each in their order.
    fn groups(&self) -> Vec<(FieldOf, Vec<&(FieldId, Field)>)> {
        let of_them = |of| self.fields.iter().filter(move |(_, field)| field.of == of).collect::<Vec<_>>();
        FieldOf::ALL.into_iter().map(|of| (of, of_them(of))).filter(|(_, fields)| !fields.is_empty()).collect()
    }

    fn kind(&self, kind: &FieldKind) -> String {
        self.chrome.locale.t(&format!("fields.kind.{}", kind.as_str())).into_owned()
    }

    fn of(&self, of: &FieldOf) -> String {
        self.chrome.locale.t(&format!("fields.of.{}", of.as_str())).into_owned()
    }

    fn kinds(&self) -> [FieldKind; FieldKind::ALL.len()] {
        FieldKind::ALL
    }

    fn ofs(&self) -> [FieldOf; FieldOf::ALL.len()] {
        FieldOf::ALL
    }
}

/// `GET /settings/fields/{id}`
#[derive(Template, WebTemplate)]
#[template(path = "settings/field.html")]
pub struct FieldPage {
    pub chrome: Chrome,
    pub shell: Shell,
    pub id: FieldId,
    pub field: Field,
    /// Customers, or conversations, of which something is noted in it.
    pub noted: i64,
    /// Published flows that name it, with the places.
    pub flows: Vec<(String, Vec<String>)>,
    /// Rules that name it.
    pub rules: Vec<(EntryRuleId, String)>,
    pub typed: Typed,
    pub acts: Vec<Act>,
}

impl FieldPage {
    /// Of how many something is noted in it.
    fn noted(&self) -> String {
        let key = match self.field.of {
            FieldOf::Contact => "fields.noted_contact",
            FieldOf::Conversation => "fields.noted_conversation",
        };
        self.chrome.locale.count(key, self.noted)
    }

    fn has_choices(&self) -> bool {
        self.field.kind == FieldKind::Choice
    }

    fn kind(&self) -> String {
        self.chrome.locale.t(&format!("fields.kind.{}", self.field.kind.as_str())).into_owned()
    }

    fn of(&self) -> String {
        self.chrome.locale.t(&format!("fields.of.{}", self.field.of.as_str())).into_owned()
    }
}
