//! Conditions that can never be met, or after which no other is reached: as far as that is plain to see.

use super::compile::{Check, Compiled, Node, Test};
use super::tree::{Comparison, Group};

/// Steps of a comparison of two conditions at most, and of all that are compared for one page: beyond that nothing is plain.
const MOST_STEPS: usize = 2_000;
pub const MOST_STEPS_OF_ALL: usize = 500_000;

/// Whether it plainly holds of everything.
#[must_use]
pub fn is_unconditional(condition: &Compiled) -> bool {
    is_always(&condition.0)
}

/// Whether it plainly holds of nothing.
#[must_use]
pub fn is_never(condition: &Compiled) -> bool {
    never(&condition.0)
}

/// Whether whatever meets `later` plainly meets `earlier` too. What it took comes off the steps that are `left`.
#[must_use]
pub fn hides(earlier: &Compiled, later: &Compiled, left: &mut usize) -> bool {
    let most = MOST_STEPS.min(*left);
    let mut steps = 0;
    let is_hidden = implies(&later.0, &earlier.0, &mut steps, most);
    *left -= steps.min(*left);
    is_hidden
}

fn is_always(node: &Node) -> bool {
    match node {
        Node::Group(Group::All, inner) => inner.iter().all(is_always),
        Node::Group(Group::Any, inner) => inner.iter().any(is_always),
        Node::Group(Group::Not, inner) => inner.iter().all(never),
        Node::Test(_) => false,
    }
}

fn never(node: &Node) -> bool {
    match node {
        Node::Group(Group::All, inner) => {
            let tests: Vec<&Test> = inner.iter().filter_map(|one| if let Node::Test(test) = one { Some(test) } else { None }).collect();
            let clash = |(place, one): (usize, &&Test)| tests[place + 1..].iter().any(|other| exclude(one, other));
            inner.iter().any(never) || tests.iter().enumerate().any(clash) || tests.iter().any(|test| is_excluded(test, inner))
        }
        Node::Group(Group::Any, inner) => inner.iter().all(never),
        Node::Group(Group::Not, inner) => inner.iter().any(is_always),
        Node::Test(_) => false,
    }
}

/// Whether what stands beside a comparison says that it is not so.
fn is_excluded(test: &Test, beside: &[Node]) -> bool {
    let says = |one: &Node| matches!(one, Node::Group(Group::Not, inner) if inner.iter().any(|not| matches!(not, Node::Test(other) if other == test)));
    beside.iter().any(says)
}

/// Whether two comparisons of one thing plainly cannot both be met.
fn exclude(one: &Test, other: &Test) -> bool {
    if one.subject != other.subject {
        return false;
    }
    if let (Check::Present(false), check) | (check, Check::Present(false)) = (&one.check, &other.check) {
        return *check != Check::Present(false);
    }
    if !one.subject.is_single() || matches!(one.subject, super::Subject::Answer(_)) {
        return false;
    }
    match (&one.check, &other.check) {
        (Check::Is(a, these), Check::Is(b, those)) => a == b && these.is_disjoint(those),
        (Check::Is(a, these), Check::StartsWith(b, start)) | (Check::StartsWith(a, start), Check::Is(b, these)) => {
            a == b && !these.iter().any(|word| word.starts_with(start.as_str()))
        }
        (Check::Is(a, these), Check::Contains(b, part)) | (Check::Contains(a, part), Check::Is(b, these)) => {
            a == b && !these.iter().any(|word| word.contains(part.as_str()))
        }
        (Check::Choice(these), Check::Choice(those)) => these.is_disjoint(those),
        (Check::Ids(these), Check::Ids(those)) => these.is_disjoint(those),
        (Check::Weekdays(these), Check::Weekdays(those)) => !these.iter().any(|day| those.contains(day)),
        (Check::YesNo(this), Check::YesNo(that)) => this != that,
        (Check::Number(this, least), Check::Number(that, most)) => are_apart((*this, *least), (*that, *most)),
        (Check::Date(this, day), Check::Date(that, other)) => match (this, that) {
            (Comparison::Is, Comparison::Is) => day != other,
            (Comparison::Before, Comparison::Before) | (Comparison::After, Comparison::After) => false,
            (Comparison::Before, _) => other >= day,
            (_, Comparison::Before) => day >= other,
            (Comparison::After, _) => other <= day,
            (_, _) => day <= other,
        },
        (_, _) => false,
    }
}

/// Whether no number is on both sides.
fn are_apart(one: (Comparison, f64), other: (Comparison, f64)) -> bool {
    let span = |(comparison, value): (Comparison, f64)| match comparison {
        Comparison::AtLeast => (value, true, f64::INFINITY, false),
        Comparison::MoreThan => (value, false, f64::INFINITY, false),
        Comparison::AtMost => (f64::NEG_INFINITY, false, value, true),
        Comparison::LessThan => (f64::NEG_INFINITY, false, value, false),
        _ => (value, true, value, true),
    };
    let ((a, with_a, b, with_b), (c, with_c, d, with_d)) = (span(one), span(other));
    let ends_before = |end: f64, with_end: bool, start: f64, with_start: bool| end < start || (end <= start && !(with_end && with_start));
    ends_before(b, with_b, c, with_c) || ends_before(d, with_d, a, with_a)
}

fn implies(one: &Node, other: &Node, steps: &mut usize, most: usize) -> bool {
    *steps += 1;
    if *steps > most {
        return false;
    }
    if one == other || is_always(other) {
        return true;
    }
    let of_parts = match other {
        Node::Group(Group::All, inner) => inner.iter().all(|part| implies(one, part, steps, most)),
        Node::Group(Group::Any, inner) => inner.iter().any(|part| implies(one, part, steps, most)),
        Node::Group(Group::Not, _) => false,
        Node::Test(other) => matches!(one, Node::Test(one) if is_narrower(one, other)),
    };
    of_parts
        || match one {
            Node::Group(Group::All, inner) => inner.iter().any(|part| implies(part, other, steps, most)),
            Node::Group(Group::Any, inner) => !inner.is_empty() && inner.iter().all(|part| implies(part, other, steps, most)),
            Node::Group(Group::Not, _) | Node::Test(_) => false,
        }
}

/// Whether whatever meets one comparison meets the other.
fn is_narrower(one: &Test, other: &Test) -> bool {
    one.subject == other.subject
        && match (&one.check, &other.check) {
            (Check::Is(a, these), Check::Is(b, those)) => a == b && these.is_subset(those),
            (Check::Is(a, these), Check::Contains(b, part)) => a == b && these.iter().all(|word| word.contains(part.as_str())),
            (Check::Is(a, these), Check::StartsWith(b, start)) => a == b && these.iter().all(|word| word.starts_with(start.as_str())),
            (Check::Contains(a, this), Check::Contains(b, part)) => a == b && this.contains(part.as_str()),
            (Check::StartsWith(a, this), Check::Contains(b, part)) => a == b && this.contains(part.as_str()),
            (Check::StartsWith(a, this), Check::StartsWith(b, start)) => a == b && this.starts_with(start.as_str()),
            (Check::Choice(these), Check::Choice(those)) => these.is_subset(those),
            (Check::Ids(these), Check::Ids(those)) => these.is_subset(those),
            (Check::Weekdays(these), Check::Weekdays(those)) => these.iter().all(|day| those.contains(day)),
            (check, Check::Present(true)) => *check != Check::Present(false),
            (_, _) => false,
        }
}
