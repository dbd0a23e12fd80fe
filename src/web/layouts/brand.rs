//! The brand that the pages of one request are shown in.

use std::cell::RefCell;
use std::sync::Arc;

use super::ui::asset;
use crate::domain::brand::Brand;

/// What this product is called.
const OURS: &str = "Baton";

tokio::task_local! {
    static SHOWN: RefCell<Option<Arc<Brand>>>;
}

/// Answers a request, whose pages are shown in whatever brand is [`wear`]n meanwhile.
pub async fn in_some_brand<F: Future>(work: F) -> F::Output {
    SHOWN.scope(RefCell::new(None), work).await
}

/// From here on the pages of this request are shown in this brand.
pub fn wear(brand: Arc<Brand>) {
    // Outside of a request nobody is shown anything.
    _ = SHOWN.try_with(|shown| *shown.borrow_mut() = Some(brand));
}

fn shown<T>(part: impl Fn(&Brand) -> Option<T>) -> Option<T> {
    SHOWN.try_with(|shown| shown.borrow().as_ref().and_then(|brand| part(brand))).ok().flatten()
}

/// What the product is called here.
#[must_use]
pub fn name() -> String {
    shown(|brand| brand.white_label.then(|| brand.name.clone())).unwrap_or_else(|| OURS.to_owned())
}

/// Whether the product may be seen by its own sign.
#[must_use]
pub fn is_ours() -> bool {
    shown(|brand| (brand.white_label || brand.logo.is_some()).then_some(())).is_none()
}

/// The address of the logo, if there is one.
#[must_use]
pub fn logo() -> Option<String> {
    shown(|brand| brand.logo.as_ref().map(|hash| format!("/assets/brand/{hash}.png")))
}

/// The letters that stand where there is no logo.
#[must_use]
pub fn letters() -> String {
    super::chrome::initials(&name())
}

/// The address of the colours, if they are others than the house's. It names the build: another one may make others of the same colour.
#[must_use]
pub fn stylesheet() -> Option<String> {
    let accent = shown(|brand| brand.accent)?;
    Some(format!("/assets/brand/{}-{}.css", accent.digits(), asset("").split('/').nth(2).unwrap_or_default()))
}
