//! Meta's limits on what is fetched.

/// Largest picture that is fetched, in bytes. Meta passes on media of up to 100 MB; the phones it comes from make pictures of a few.
pub const LARGEST_FETCH: usize = 16 * 1024 * 1024;
