//! What was decided, as a table for spreadsheets: one row for each part that is another than it was.

use std::collections::{HashMap, VecDeque};

use actix_web::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION};
use actix_web::web::Bytes;
use actix_web::{HttpResponse, web};
use futures_util::stream;
use uuid::Uuid;

use super::filter::Filter;
use super::view::{Line, client, who};
use crate::domain::setup::{Noted, RecordedSetup};
use crate::store::changes::Sought;
use crate::web::edge::error::{Error, Result};
use crate::web::layouts::time;
use crate::web::locale::Locale;
use crate::web::sessions::signed::Signed;
use crate::web::state::State;

/// Lines of the journal that are read at once, and at most.
const AT_ONCE: i64 = 500;
const MOST: usize = 100_000;

/// A spreadsheet takes a text for UTF-8 that begins so.
const MARK: &str = "\u{feff}";

/// How far a table has come.
struct Table {
    state: web::Data<State>,
    signed: Signed,
    names: HashMap<Uuid, String>,
    sought: Sought,
    /// Nothing, when everything was read.
    before: Option<i64>,
    written: usize,
    ready: VecDeque<Bytes>,
}

/// `GET /settings/changes.csv`
pub(in crate::web) async fn show(state: web::Data<State>, signed: Signed, filter: web::Query<Filter>) -> Result<HttpResponse> {
    let setup = state.runner.workplaces().setup(signed.workspace).await?;
    state.runner.note(signed.workspace, signed.user, Noted::Exported { what: "changes".to_owned() }).await?;
    let (sought, names, locale) = (filter.sought(&setup), setup.names(), signed.locale);
    let head = format!("{MARK}{}", row(&HEAD.map(|column| locale.t(&format!("changes.column.{column}")).into_owned()))?);
    let mut table = Table { state, signed, names, sought, before: Some(i64::MAX), written: 0, ready: VecDeque::new() };
    // What hinders the first lines is answered: after the head of an answer there is nothing but to break off.
    let first = table.next().await?;
    table.ready = std::iter::once(Bytes::from(head)).chain(first).collect();
    let rows = stream::try_unfold(table, |mut table| async move {
        let bytes = table.next().await?;
        Ok::<_, Error>(bytes.map(|bytes| (bytes, table)))
    });
    let mut answer = HttpResponse::Ok();
    answer.insert_header((CONTENT_DISPOSITION, "attachment; filename=\"changes.csv\"")).insert_header((CACHE_CONTROL, "no-store"));
    Ok(answer.content_type("text/csv; charset=utf-8").streaming(Box::pin(rows)))
}

const HEAD: [&str; 8] = ["at", "who", "address", "client", "what", "part", "before", "after"];

impl Table {
    async fn next(&mut self) -> Result<Option<Bytes>> {
        if let Some(bytes) = self.ready.pop_front() {
            return Ok(Some(bytes));
        }
        let Some(before) = self.before.filter(|_| self.written < MOST) else { return Ok(None) };
        let lines = self.state.store.setup_changes(self.signed.workspace, &self.sought, before, AT_ONCE).await?;
        let is_last = i64::try_from(lines.len()).is_ok_and(|count| count < AT_ONCE);
        self.before = lines.last().map(|last| last.act).filter(|_| !is_last);
        self.written += lines.len();
        let mut text = String::new();
        for line in lines.iter().filter(|line| line.event.concerns_everybody() || line.event.is_note()) {
            text += &self.rows(line)?;
        }
        Ok((!lines.is_empty()).then(|| Bytes::from(text)))
    }

    fn rows(&self, recorded: &RecordedSetup) -> Result<String> {
        let locale: Locale = self.signed.locale;
        let line = Line::of(locale, &self.names, &recorded.event);
        let (address, client) = recorded.from.as_ref().map(|from| (from.address.clone(), client(&from.agent))).unwrap_or_default();
        let about = [time::machine(&recorded.at), who(locale, &recorded.who), address, client, line.plain];
        let parts = if line.parts.is_empty() { vec![[const { String::new() }; 3]] } else { Vec::new() };
        let changed = line.parts.into_iter().map(|part| [part.label, part.before, part.after]);
        let mut text = String::new();
        for part in parts.into_iter().chain(changed) {
            let cells: Vec<String> = about.iter().cloned().chain(part).collect();
            text += &row(&cells)?;
        }
        Ok(text)
    }
}

/// A row; what a spreadsheet would take for a formula is a text.
fn row(cells: &[String]) -> Result<String> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    writer.write_record(cells.iter().map(|cell| defused(cell))).map_err(|error| Error::fault(error.to_string()))?;
    let bytes = writer.into_inner().map_err(|error| Error::fault(error.to_string()))?;
    String::from_utf8(bytes).map_err(|error| Error::fault(error.to_string()))
}

fn defused(cell: &str) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) { format!("'{cell}") } else { cell.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula_and_none_breaks_its_row() {
        let cells = ["=1+1", "+44", "-1", "@x", "\tx", "a,b", "a\"b", "a\nb", "–"].map(ToOwned::to_owned);
        assert_eq!(row(&cells).unwrap(), "'=1+1,'+44,'-1,'@x,'\tx,\"a,b\",\"a\"\"b\",\"a\nb\",–\r\n");
    }
}
