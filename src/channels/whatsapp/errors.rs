//! What each of Meta's error codes asks of us. The same codes come at once, in the answer to a send, and later, in a failed status.
//! Meta answers many rate limits with HTTP 400, so the code decides and the HTTP status only where there is no code.

use crate::domain::delivery::{Backoff, Reaction};

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;

/// What to do about a refusal with Meta's error `code` (Meta, "Error codes").
#[must_use]
pub fn reaction(code: i64) -> Reaction {
    match code {
        1 | 135_000 => retry(Backoff::Once),
        2 | 131_000 | 131_016 | 133_004 => retry(Backoff::Service),
        4 | 613 | 80_007 => retry(Backoff::Allowance),
        130_429 => retry(Backoff::Throughput),
        131_056 => retry(Backoff::Pair),
        131_057 | 133_015 | 134_101 | 2_494_100 => retry(Backoff::Maintenance),
        131_047 => Reaction::CloseWindow,
        // Not on WhatsApp, blocked us, or not to be written to from this number: whatever is sent fails.
        131_021 | 131_026 | 131_030 | 130_497 => Reaction::Unreachable,
        // Token, permission, capability, certificate or registration: a person must act; until then look again now and then.
        0 | 3 | 10 | 33 | 190 | 200..=299 | 131_005 | 131_045 | 133_000 | 133_005 | 133_006 | 133_010 => pause(5 * MINUTE),
        // Blocked or locked account, refused display name, unpaid bill.
        368 | 131_031 | 131_037 | 131_042 | 134_011 => pause(30 * MINUTE),
        // The number was held back as spam.
        131_048 => pause(2 * HOUR),
        _ => Reaction::Never,
    }
}

/// What to do about a refusal that came without one of Meta's codes, from something in between: by its HTTP status (4xx).
#[must_use]
pub fn reaction_without_code(status: u16) -> Reaction {
    match status {
        401 | 403 => pause(5 * MINUTE),
        413 => Reaction::Never,
        429 => retry(Backoff::Throughput),
        _ => retry(Backoff::Service),
    }
}

fn retry(backoff: Backoff) -> Reaction {
    Reaction::Retry { backoff }
}

fn pause(for_seconds: u64) -> Reaction {
    Reaction::PauseInbox { for_seconds }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_asks_for_what_metas_table_says() {
        let table = [
            (0, pause(300)),
            (1, retry(Backoff::Once)),
            (2, retry(Backoff::Service)),
            (3, pause(300)),
            (4, retry(Backoff::Allowance)),
            (10, pause(300)),
            (33, pause(300)),
            (100, Reaction::Never),
            (190, pause(300)),
            (200, pause(300)),
            (299, pause(300)),
            (300, Reaction::Never),
            (368, pause(1_800)),
            (613, retry(Backoff::Allowance)),
            (80_007, retry(Backoff::Allowance)),
            (130_429, retry(Backoff::Throughput)),
            (130_472, Reaction::Never),
            (130_497, Reaction::Unreachable),
            (131_000, retry(Backoff::Service)),
            (131_005, pause(300)),
            (131_008, Reaction::Never),
            (131_009, Reaction::Never),
            (131_016, retry(Backoff::Service)),
            (131_021, Reaction::Unreachable),
            (131_026, Reaction::Unreachable),
            (131_030, Reaction::Unreachable),
            (131_031, pause(1_800)),
            (131_037, pause(1_800)),
            (131_042, pause(1_800)),
            (131_045, pause(300)),
            (131_047, Reaction::CloseWindow),
            (131_048, pause(7_200)),
            (131_049, Reaction::Never),
            (131_050, Reaction::Never),
            (131_051, Reaction::Never),
            (131_052, Reaction::Never),
            (131_053, Reaction::Never),
            (131_056, retry(Backoff::Pair)),
            (131_057, retry(Backoff::Maintenance)),
            (131_062, Reaction::Never),
            (132_000, Reaction::Never),
            (132_001, Reaction::Never),
            (132_015, Reaction::Never),
            (133_000, pause(300)),
            (133_004, retry(Backoff::Service)),
            (133_010, pause(300)),
            (133_015, retry(Backoff::Maintenance)),
            (134_101, retry(Backoff::Maintenance)),
            (135_000, retry(Backoff::Once)),
            (137_000, Reaction::Never),
            (-1, Reaction::Never),
            (i64::MAX, Reaction::Never),
        ];
        for (code, expected) in table {
            assert_eq!(reaction(code), expected, "code {code}");
        }
    }

    #[test]
    fn without_a_code_the_http_status_decides() {
        assert_eq!(reaction_without_code(401), pause(300));
        assert_eq!(reaction_without_code(404), retry(Backoff::Service));
        assert_eq!(reaction_without_code(413), Reaction::Never);
        assert_eq!(reaction_without_code(429), retry(Backoff::Throughput));
    }
}
