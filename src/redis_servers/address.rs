//! Addresses of several servers, and what servers say of each other.

/// An address that names several servers.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Address {
    Sentinels { many: Many, name: String, database: i64, sentinel_login: Login },
    Cluster(Many),
}

/// Servers that are reached the same way.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Many {
    pub has_tls: bool,
    pub login: Login,
    /// Each as `host:port`.
    hosts: Vec<String>,
}

/// As whom one comes, percent-encoded as in the address.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Login {
    pub username: Option<String>,
    pub password: Option<String>,
}

impl Address {
    /// Nothing when it names one server, or none.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (scheme, rest) = text.split_once("://")?;
        let (kind, has_tls) = match scheme {
            "redis+sentinel" => (Named::Sentinels, false),
            "rediss+sentinel" => (Named::Sentinels, true),
            "redis+cluster" => (Named::Cluster, false),
            "rediss+cluster" => (Named::Cluster, true),
            _ => return None,
        };
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (login, hosts) =
            authority.rsplit_once('@').map_or((Login::default(), authority), |(login, hosts)| (Login::parse(login), hosts));
        let hosts: Vec<String> = hosts.split(',').map(|host| with_port(host, kind.port())).collect::<Option<_>>()?;
        let many = Many { has_tls, login, hosts };
        match kind {
            Named::Cluster => (path.is_empty() && query.is_empty()).then_some(Self::Cluster(many)),
            Named::Sentinels => {
                let (name, database) =
                    path.split_once('/').map_or(Some((path, 0)), |(name, database)| Some((name, database.parse().ok()?)))?;
                let sentinel_login = Login::of_query(query)?;
                (!name.is_empty()).then(|| Self::Sentinels { many, name: name.to_owned(), database, sentinel_login })
            }
        }
    }
}

#[derive(Clone, Copy)]
enum Named {
    Sentinels,
    Cluster,
}

impl Named {
    fn port(self) -> u16 {
        match self {
            Named::Sentinels => 26379,
            Named::Cluster => 6379,
        }
    }
}

impl Login {
    fn parse(text: &str) -> Self {
        let (username, password) = text.split_once(':').map_or((text, None), |(username, password)| (username, Some(password)));
        let word = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Self { username: word(username), password: password.and_then(word) }
    }

    /// From `sentinel_username` and `sentinel_password`; nothing when anything else is asked for.
    fn of_query(query: &str) -> Option<Self> {
        let mut login = Self::default();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            match pair.split_once('=')? {
                ("sentinel_username", username) => login.username = Some(username.to_owned()),
                ("sentinel_password", password) => login.password = Some(password.to_owned()),
                _ => return None,
            }
        }
        Some(login)
    }
}

impl Many {
    /// The address of each, for whoever comes as this.
    pub(super) fn each_with(&self, login: &Login) -> Vec<String> {
        let scheme = if self.has_tls { "rediss" } else { "redis" };
        let login = match login {
            Login { username: None, password: None } => String::new(),
            Login { username, password } => {
                format!("{}:{}@", username.as_deref().unwrap_or_default(), password.as_deref().unwrap_or_default())
            }
        };
        self.hosts.iter().map(|host| format!("{scheme}://{login}{host}")).collect()
    }
}

fn with_port(host: &str, port: u16) -> Option<String> {
    let has_port = host.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    let name = if has_port { host.rsplit_once(':')?.0 } else { host };
    (!name.is_empty()).then(|| if has_port { host.to_owned() } else { format!("{host}:{port}") })
}

/// The servers that `CLUSTER NODES` names and that are there, as `id host:port@bus,name flags …`.
pub(super) fn nodes(answer: &str) -> impl Iterator<Item = (String, u16)> {
    answer.lines().filter_map(|line| {
        let mut words = line.split(' ').skip(1);
        let (address, flags) = (words.next()?, words.next()?);
        if flags.split(',').any(|flag| matches!(flag, "fail" | "noaddr" | "handshake")) {
            return None;
        }
        let (address, _) = address.split_once('@')?;
        let (host, port) = address.rsplit_once(':')?;
        Some((host.to_owned(), port.parse().ok()?)).filter(|(host, _)| !host.is_empty())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_server_is_not_several() {
        for text in ["redis://host:6379", "rediss://host", "redis+unix:///run/redis.sock", "nonsense", ""] {
            assert_eq!(Address::parse(text), None, "{text}");
        }
    }

    #[test]
    fn sentinels_are_asked_for_a_name_and_known_by_another_login_than_servers() {
        let text = "rediss+sentinel://baton:p%40ss@one:26380,two/prime/3?sentinel_password=watch";
        let Some(Address::Sentinels { many, name, database, sentinel_login }) = Address::parse(text) else { panic!("not understood") };
        assert_eq!((name.as_str(), database), ("prime", 3));
        assert_eq!(many.each_with(&sentinel_login), ["rediss://:watch@one:26380", "rediss://:watch@two:26379"]);
        assert_eq!(many.each_with(&many.login)[0], "rediss://baton:p%40ss@one:26380");
        for wrong in ["redis+sentinel://one", "redis+sentinel:///prime", "redis+sentinel://one/prime/x", "redis+sentinel://one/prime?x=1"] {
            assert_eq!(Address::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_cluster_is_some_of_its_servers() {
        let Some(Address::Cluster(many)) = Address::parse("redis+cluster://10.0.0.1:7000,10.0.0.2") else { panic!("not understood") };
        assert_eq!(many.each_with(&many.login), ["redis://10.0.0.1:7000", "redis://10.0.0.2:6379"]);
        assert_eq!(Address::parse("redis+cluster://one/0"), None, "a cluster has one database");
        assert_eq!(Address::parse("redis+cluster://one,,two"), None);
    }

    #[test]
    fn servers_of_a_cluster_name_those_that_are_there() {
        let answer = "07c3 127.0.0.1:30004@31004,host4 slave e7d1 0 1426238317239 4 connected\n\
                      67ed 127.0.0.1:30002@31002 master,fail - 0 1426238316232 2 connected 5461-10922\n\
                      6ec2 :0@0 master,noaddr - 0 0 3 disconnected\n\
                      e7d1 ::1:30001@31001 myself,master - 0 0 1 connected 0-5460\n";
        assert_eq!(nodes(answer).collect::<Vec<_>>(), [("127.0.0.1".to_owned(), 30004), ("::1".to_owned(), 30001)]);
    }
}
