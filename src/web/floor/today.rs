//! How the day went in each queue, quarter of an hour by quarter of an hour, as charts that are drawn here.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};

use super::view::TodayPage;
use super::view::course::Course;
use super::{Question, Shown, choices, scope_of, shown, words_of};
use crate::domain::floor::FloorQueue;
use crate::domain::floor::history::{Point, Quarter, course};
use crate::runner;
use crate::web::conversations::around::chrome;
use crate::web::edge::answer::page;
use crate::web::edge::error::Result;
use crate::web::sessions::signed::Signed;
use crate::web::state::State;

/// `GET /floor/today`
pub(in crate::web) async fn index(state: web::Data<State>, signed: Signed, question: web::Query<Question>) -> Result<HttpResponse> {
    let (now, team) = (runner::now(), question.team());
    let (chrome, Shown { floor, .. }) = tokio::try_join!(chrome(&state, &signed), shown(&state, &signed, team))?;
    let begins = floor.day_begins_at.unwrap_or(now);
    let ends = floor.day_ends_at.unwrap_or(now);
    let tallies = state.store.queue_tallies(signed.workspace, begins).await?;
    let set_up = state.runner.workplaces().setup(signed.workspace).await?;
    let teams = choices(&set_up, &scope_of(&state, &signed, None).await?, team);
    let of = |queue: &FloorQueue| tallies.get(&queue.id).map(Vec::as_slice).unwrap_or_default();
    let locale = words_of(&signed);
    let mut courses: Vec<Course> = Vec::new();
    if floor.queues.len() > 1 {
        let all: Vec<&[Quarter]> = floor.queues.iter().map(of).collect();
        let waiting = floor.queues.iter().map(|queue| queue.waiting).sum();
        let points = course(&together(&all), waiting, begins, now);
        courses.push(Course::of_all(locale, &points, ends));
    }
    courses.extend(floor.queues.iter().map(|queue| {
        let points: Vec<Point> = course(of(queue), queue.waiting, begins, now);
        Course::of(locale, queue, &points, ends)
    }));
    page(StatusCode::OK, &TodayPage { chrome, locale, courses, teams, team })
}

/// Those of several queues as of one.
fn together(all: &[&[Quarter]]) -> Vec<Quarter> {
    let mut quarters: Vec<Quarter> = all.iter().flat_map(|quarters| quarters.iter().copied()).collect();
    quarters.sort_by_key(|quarter| quarter.begins);
    let mut sums: Vec<Quarter> = Vec::new();
    for quarter in quarters {
        match sums.last_mut().filter(|last| last.begins == quarter.begins) {
            Some(last) => *last = last.and(&quarter),
            None => sums.push(quarter),
        }
    }
    sums
}
