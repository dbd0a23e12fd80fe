//! The page of an account's workspaces.

use askama::Template;
use askama_web::WebTemplate;

use crate::domain::ids::WorkspaceId;
use crate::web::layouts::chrome::Chrome;
use crate::web::layouts::ui;

/// Where the account is somebody.
#[derive(Debug)]
pub struct Workspace {
    pub id: WorkspaceId,
    pub name: String,
    /// The one that is shown.
    pub is_here: bool,
}

/// `GET /workspaces`
#[derive(Template, WebTemplate)]
#[template(path = "workspaces/page.html")]
pub struct WorkspacesPage {
    pub chrome: Chrome,
    pub workspaces: Vec<Workspace>,
}
