//! Where in a node, or in the whole, something is wrong.

/// A field: what it is called in a sentence, and the way to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spot {
    pub(super) words: String,
    /// Keys of objects, and numbers of lists from 0.
    pub(super) path: Vec<String>,
}

impl From<&str> for Spot {
    fn from(field: &str) -> Self {
        Self { words: field.to_owned(), path: vec![field.to_owned()] }
    }
}

impl Spot {
    /// An option of a question.
    #[must_use]
    pub fn option(index: usize, id: &str) -> Self {
        Self { words: format!("option “{id}”"), path: vec!["options".to_owned(), index.to_string()] }
    }

    /// A case of a branch.
    #[must_use]
    pub fn of_case(index: usize) -> Self {
        Self { words: "cases".to_owned(), path: vec!["cases".to_owned(), index.to_string()] }
    }

    /// A part of a case.
    #[must_use]
    pub fn case(index: usize, part: &str) -> Self {
        Self::of_case(index).deeper(part)
    }

    /// A part of it.
    #[must_use]
    pub fn part(&self, part: &str) -> Self {
        Self { words: format!("{}, {part}", self.words), ..self.clone() }.deeper(part)
    }

    /// One of a list.
    #[must_use]
    pub fn at(self, place: usize) -> Self {
        self.deeper(&place.to_string())
    }

    /// The wording in a language, where it has several.
    #[must_use]
    pub fn in_language(&self, language: Option<&str>) -> Self {
        match language {
            Some(language) => self.clone().deeper(language),
            None => self.clone(),
        }
    }

    fn deeper(mut self, step: &str) -> Self {
        self.path.push(step.to_owned());
        self
    }
}
