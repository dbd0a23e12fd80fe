//! The table of settings.

use super::{Config, parse};

/// One setting: how it is called, what it means, and how its text becomes a field of [`Config`].
pub struct Setting {
    /// The variable.
    pub name: &'static str,
    pub default: Fallback,
    /// A sentence or two for the person who sets it.
    pub meaning: &'static str,
    read: fn(&mut Config, &str) -> Result<(), String>,
}

/// What holds when a variable is not set.
pub enum Fallback {
    /// There is none: the program cannot start without it.
    Required,
    /// This text, as if it had been set.
    Text(&'static str),
    /// Worked out at start; the words say from what.
    Computed(&'static str, fn() -> String),
}

impl Setting {
    /// Puts `value`, or else the default, into `config`.
    pub(super) fn apply(&self, config: &mut Config, value: Option<String>) -> Result<(), String> {
        let value = match (value, &self.default) {
            (Some(value), _) => value,
            (None, Fallback::Text(text)) => (*text).to_owned(),
            (None, Fallback::Computed(_, compute)) => compute(),
            (None, Fallback::Required) => return Err(format!("{} is not set; {}", self.name, self.meaning)),
        };
        (self.read)(config, value.trim()).map_err(|fault| format!("{} {fault}.", self.name))
    }
}

/// Every setting, in the order of the reference.
pub const SETTINGS: &[Setting] = &[
    Setting {
        name: "BATON_DATABASE_URL",
        default: Fallback::Required,
        meaning: "set it to where PostgreSQL is, such as `postgres://baton:secret@db.example/baton`; \
                  `sslmode=require` encrypts and checks the certificate.",
        read: |config, text| parse::database_url(text).map(|value| config.database_url = value),
    },
    Setting {
        name: "BATON_DATABASE_POOL",
        default: Fallback::Text("24"),
        meaning: "Most connections this node opens to PostgreSQL.",
        read: |config, text| parse::count(text, 2..=1_000).map(|value| config.database_pool = value),
    },
    Setting {
        name: "BATON_REDIS_URL",
        default: Fallback::Required,
        meaning: "set it to where Redis is, such as `redis://cache.example:6379`, `rediss://…` with TLS, \
                  `redis+unix:///run/redis.sock`, `redis+sentinel://one:26379,two:26379/name` or `redis+cluster://one:6379,two:6379`.",
        read: |config, text| parse::redis_url(text).map(|value| config.redis_url = value),
    },
    Setting {
        name: "BATON_SECRET_KEYS",
        default: Fallback::Required,
        meaning: "set it to the keys that tokens and secrets in the database are sealed with, separated by commas, as `baton secrets new` \
                  prints one. The first seals, all of them open; the same on every node.",
        read: |config, text| parse::secret_keys(text).map(|value| config.secret_keys = value),
    },
    Setting {
        name: "BATON_LISTEN",
        default: Fallback::Text("127.0.0.1:8080"),
        meaning: "Address and port to listen on.",
        read: |config, text| parse::address(text).map(|value| config.listen = value),
    },
    Setting {
        name: "BATON_PUBLIC_URL",
        default: Fallback::Text("http://127.0.0.1:8080"),
        meaning: "What browsers call this installation. With https, cookies are bound to the host and to TLS.",
        read: |config, text| parse::public_url(text).map(|value| config.public_url = value),
    },
    Setting {
        name: "BATON_GRAPH_URL",
        default: Fallback::Text("https://graph.facebook.com"),
        meaning: "Where Meta's Graph API is; the simulator's address in tests.",
        read: |config, text| parse::web_url(text).map(|value| config.graph_url = value),
    },
    Setting {
        name: "BATON_GRAPH_VERSION",
        default: Fallback::Text("v23.0"),
        meaning: "Version of the Graph API to speak.",
        read: |config, text| parse::graph_version(text).map(|value| config.graph_version = value),
    },
    Setting {
        name: "BATON_MEDIA_URL",
        default: Fallback::Text("var/media"),
        meaning: "Where pictures are kept: a folder (`file:///srv/baton/media`, or a path) or a bucket (`s3://bucket/prefix`, in a \
                  build with the feature `s3`). Every node must see the same one.",
        read: |config, text| parse::media_url(text).map(|value| config.media_url = value),
    },
    Setting {
        name: "BATON_LOG",
        default: Fallback::Text("info"),
        meaning: "What is logged: `error`, `warn`, `info`, `debug`, `trace`, or directives such as `info,baton::runner=debug`. Of \
                  libraries nothing below `info` is logged: it would quote what people wrote.",
        read: |config, text| parse::log(text).map(|value| config.log = value),
    },
    Setting {
        name: "BATON_LOG_FORMAT",
        default: Fallback::Text("text"),
        meaning: "`text` for people, `json` for machines.",
        read: |config, text| parse::log_format(text).map(|value| config.log_format = value),
    },
    Setting {
        name: "BATON_WORKERS",
        default: Fallback::Computed("one per core", parse::cores),
        meaning: "Threads that answer HTTP.",
        read: |config, text| parse::count(text, 1..=1_024).map(|value| config.workers = value),
    },
    Setting {
        name: "BATON_SKIP_DURABILITY_CHECK",
        default: Fallback::Text("false"),
        meaning: "`true` serves from a database that may lose commits (`fsync`, `full_page_writes` or `synchronous_commit` off). \
                  Messages that were acknowledged can then be lost.",
        read: |config, text| parse::durability(text).map(|value| config.durability = value),
    },
    Setting {
        name: "BATON_NODE",
        default: Fallback::Computed("host, process and four random letters", parse::node_name),
        meaning: "Name of this node in `/readyz` and in the log line with which it starts.",
        read: |config, text| parse::node(text).map(|value| config.node = value),
    },
    Setting {
        name: "BATON_TRUSTED_PROXIES",
        default: Fallback::Text("none"),
        meaning: "Addresses or networks, separated by commas, whose `X-Forwarded-For` is believed, such as `10.0.0.0/8`.",
        read: |config, text| parse::networks(text).map(|value| config.trusted_proxies = value),
    },
    Setting {
        name: "BATON_METRICS_TOKEN",
        default: Fallback::Text("none"),
        meaning: "What programs that read `/metrics` send as `Authorization: Bearer …`, 16 characters at least; with `none` only admins \
                  see the figures.",
        read: |config, text| parse::token(text).map(|value| config.metrics_token = value),
    },
    Setting {
        name: "BATON_SMTP_HOST",
        default: Fallback::Text("none"),
        meaning: "The mail server that invitations and links for a new password leave through, such as `smtp.example`; with `none` no mails \
                  are sent, and invitations are links to copy.",
        read: |config, text| parse::host(text).map(|value| config.smtp_host = value),
    },
    Setting {
        name: "BATON_SMTP_PORT",
        default: Fallback::Text("587"),
        meaning: "Its port: 587 with `starttls`, 465 with `tls`.",
        read: |config, text| parse::port(text).map(|value| config.smtp_port = value),
    },
    Setting {
        name: "BATON_SMTP_TLS",
        default: Fallback::Text("starttls"),
        meaning: "How it is spoken to: `starttls`, `tls` from the first byte, or `none` for one on this machine.",
        read: |config, text| parse::encryption(text).map(|value| config.smtp_tls = value),
    },
    Setting {
        name: "BATON_SMTP_USER",
        default: Fallback::Text("none"),
        meaning: "Whom the mail server knows us as; with `none` it is not told.",
        read: |config, text| {
            config.smtp_user = parse::some(text);
            Ok(())
        },
    },
    Setting {
        name: "BATON_SMTP_PASSWORD",
        default: Fallback::Text("none"),
        meaning: "The password of `BATON_SMTP_USER`.",
        read: |config, text| {
            config.smtp_password = parse::some(text);
            Ok(())
        },
    },
    Setting {
        name: "BATON_SMTP_FROM",
        default: Fallback::Text("none"),
        meaning: "Whom mails come from, such as `Support <baton@shop.example>`; needed with `BATON_SMTP_HOST`.",
        read: |config, text| parse::mailbox(text).map(|value| config.smtp_from = value),
    },
];

/// The text of `docs/configuration.md`.
#[must_use]
pub fn reference() -> String {
    let mut page = String::from(
        "# Configuration\n\n\
         Baton reads `BATON_*` variables and nothing else; no file. Every fault is reported at start, a sentence each; `baton doctor`\n\
         checks the rest. This page is written from the table in `src/config/settings.rs`:\n\
         `BATON_UPDATE=1 cargo test --test configuration` writes it anew.\n\n\
         `baton demo` brings its own database, Redis and simulator for what is not set.\n\n\
         | variable | default | meaning |\n|---|---|---|\n",
    );
    for setting in SETTINGS {
        let default = match setting.default {
            Fallback::Required => "required".to_owned(),
            Fallback::Text(text) => format!("`{text}`"),
            Fallback::Computed(words, _) => words.to_owned(),
        };
        page.push_str(&format!("| `{}` | {default} | {} |\n", setting.name, capitalised(setting.meaning)));
    }
    page
}

/// The meaning of a required setting also ends a sentence, so it starts small.
fn capitalised(sentence: &str) -> String {
    let mut letters = sentence.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
