//! Places in the text of a definition: where each part of it stands, by line and column.

use serde_json::Value;

/// A place in a text; both are counted from 1, columns in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    pub line: usize,
    pub column: usize,
}

/// What JSON says where, as a tree; offsets are bytes.
#[derive(Debug)]
pub struct Places {
    /// Where it begins.
    at: usize,
    inside: Inside,
}

#[derive(Debug)]
enum Inside {
    /// Keys, where each stands, and what stands under it.
    Object(Vec<(String, usize, Places)>),
    Array(Vec<Places>),
    Plain,
}

/// Why a text is no JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoJson {
    pub at: Position,
    pub what: String,
}

/// Reads a text, and where everything in it stands.
///
/// # Errors
/// Why it is no JSON, and where.
pub fn read(text: &str) -> Result<(Value, Places), NoJson> {
    let value: Value = serde_json::from_str(text).map_err(|error| {
        let what = error.to_string();
        let what = plain(what.split(" at line ").next().unwrap_or_default());
        // Its columns are bytes, and the last one it saw.
        let line = text.split('\n').nth(error.line().saturating_sub(1)).unwrap_or_default();
        let column = line.get(..error.column().saturating_sub(1)).map_or(error.column(), |before| before.chars().count() + 1);
        NoJson { at: Position { line: error.line().max(1), column: column.max(1) }, what }
    })?;
    let mut scanner = Scanner { text, at: 0 };
    Ok((value, scanner.places()))
}

/// What a reader of JSON complains of, in words for people.
fn plain(error: &str) -> String {
    let said = [
        ("EOF", "the text ends too early: a bracket or a quotation mark is still open"),
        ("expected value", "a value is missing here"),
        ("expected `:`", "a colon is missing before this"),
        ("expected `,` or", "a comma or a closing bracket is missing before this"),
        ("trailing comma", "the comma before this is one too many"),
        ("trailing characters", "the definition has ended before this"),
        ("key must be a string", "a key in quotation marks is missing here"),
    ];
    let found = said.iter().find(|(beginning, _)| error.starts_with(beginning));
    found.map_or_else(|| format!("this is no JSON: {}", error.replace('`', "“")), |(_, words)| (*words).to_owned())
}

/// The line and column of a byte.
#[must_use]
pub fn position(text: &str, offset: usize) -> Position {
    let before = text.get(..offset.min(text.len())).unwrap_or(text);
    let start = before.rfind('\n').map_or(0, |end| end + 1);
    Position { line: before.matches('\n').count() + 1, column: before[start..].chars().count() + 1 }
}

impl Places {
    /// Where the deepest part begins that the way leads to; its key, where it has one.
    #[must_use]
    pub fn offset(&self, path: &[String]) -> usize {
        let (mut here, mut found) = (self, self.at);
        for step in path {
            let next = match &here.inside {
                Inside::Object(members) => members.iter().rev().find(|(key, ..)| key == step).map(|(_, at, inside)| (*at, inside)),
                Inside::Array(items) => step.parse::<usize>().ok().and_then(|index| items.get(index)).map(|item| (item.at, item)),
                Inside::Plain => None,
            };
            let Some((at, inside)) = next else { break };
            (found, here) = (at, inside);
        }
        found
    }

    /// Keys that stand twice in the same object, with the way to the object and where the second one is: only that one counts.
    #[must_use]
    pub fn twins(&self) -> Vec<(Vec<String>, String, usize)> {
        let mut found = Vec::new();
        self.collect_twins(&mut Vec::new(), &mut found);
        found
    }

    fn collect_twins(&self, path: &mut Vec<String>, found: &mut Vec<(Vec<String>, String, usize)>) {
        let mut visit = |step: String, inside: &Places| {
            path.push(step);
            inside.collect_twins(path, found);
            path.pop();
        };
        match &self.inside {
            Inside::Object(members) => {
                members.iter().for_each(|(key, _, inside)| visit(key.clone(), inside));
                let mut seen = std::collections::BTreeSet::new();
                let twins = members.iter().filter(|(key, ..)| !seen.insert(key));
                found.extend(twins.map(|(key, at, _)| (path.clone(), key.clone(), *at)));
            }
            Inside::Array(items) => items.iter().enumerate().for_each(|(index, inside)| visit(index.to_string(), inside)),
            Inside::Plain => {}
        }
    }
}

/// Walks through a text that is JSON.
struct Scanner<'a> {
    text: &'a str,
    at: usize,
}

impl Scanner<'_> {
    fn peek(&self) -> u8 {
        self.text.as_bytes().get(self.at).copied().unwrap_or(0)
    }

    fn skip_space(&mut self) {
        while self.peek().is_ascii_whitespace() {
            self.at += 1;
        }
    }

    fn places(&mut self) -> Places {
        self.skip_space();
        let at = self.at;
        let inside = match self.peek() {
            b'{' => Inside::Object(self.members()),
            b'[' => Inside::Array(self.items()),
            b'"' => {
                self.string();
                Inside::Plain
            }
            _ => {
                while !matches!(self.peek(), 0 | b',' | b'}' | b']') && !self.peek().is_ascii_whitespace() {
                    self.at += 1;
                }
                Inside::Plain
            }
        };
        Places { at, inside }
    }

    fn members(&mut self) -> Vec<(String, usize, Places)> {
        let mut members = Vec::new();
        self.at += 1;
        loop {
            self.skip_space();
            match self.peek() {
                b'"' => {
                    let at = self.at;
                    let key = self.string();
                    self.skip_space();
                    self.at += 1;
                    members.push((key, at, self.places()));
                }
                b',' => self.at += 1,
                _ => break,
            }
        }
        self.at += 1;
        members
    }

    fn items(&mut self) -> Vec<Places> {
        let mut items = Vec::new();
        self.at += 1;
        loop {
            self.skip_space();
            match self.peek() {
                0 | b']' => break,
                b',' => self.at += 1,
                _ => items.push(self.places()),
            }
        }
        self.at += 1;
        items
    }

    fn string(&mut self) -> String {
        let start = self.at;
        self.at += 1;
        while !matches!(self.peek(), 0 | b'"') {
            self.at += if self.peek() == b'\\' { 2 } else { 1 };
        }
        self.at += 1;
        self.text.get(start..self.at).and_then(|quoted| serde_json::from_str(quoted).ok()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "{\n  \"é\": \"ñ\", \"nodes\": {\n    \"a\": { \"in\": [1, \"two\"], \"in\": [3, { \"x\": null }] }\n  }\n}";

    fn place(path: &[&str]) -> (usize, usize) {
        let (_, places) = read(TEXT).unwrap();
        let path: Vec<String> = path.iter().map(ToString::to_string).collect();
        let Position { line, column } = position(TEXT, places.offset(&path));
        (line, column)
    }

    #[test]
    fn each_part_has_its_place() {
        assert_eq!(place(&[]), (1, 1));
        assert_eq!(place(&["nodes"]), (2, 13));
        assert_eq!(place(&["nodes", "a", "in", "1", "x"]), (3, 42));
        assert_eq!(place(&["nodes", "a", "missing", "deeper"]), (3, 5));
    }

    #[test]
    fn a_key_that_stands_twice_is_found() {
        let (_, places) = read(TEXT).unwrap();
        let twins = places.twins();
        assert_eq!(twins.len(), 1);
        let (path, key, at) = &twins[0];
        assert_eq!((path.join("/"), key.as_str(), position(TEXT, *at).column), ("nodes/a".to_owned(), "in", 30));
    }

    #[test]
    fn what_is_no_json_says_where() {
        for (text, line, column) in
            [("", 1, 1), ("{\n  \"a\": 1,\n}", 3, 1), ("{\n \"é\" 1}", 2, 6), ("[1] x", 1, 5), ("{\"a\": \"x", 1, 8)]
        {
            let Position { line: l, column: c } = read(text).unwrap_err().at;
            assert_eq!((l, c), (line, column), "{text}");
        }
    }
}
