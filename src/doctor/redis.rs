//! Redis: reachable and new enough.

use std::time::Duration;

use super::Finding;
use crate::redis_servers::RedisServers;

const OLDEST_MAJOR: u32 = 6;

const ANSWER: Duration = Duration::from_secs(3);

pub(super) async fn examine(url: &str) -> Finding {
    match tokio::time::timeout(ANSWER, version(url)).await {
        Err(_) => away("no answer in 3 s"),
        Ok(Err(error)) => away(&error.to_string()),
        Ok(Ok(version)) => judge(&version),
    }
}

fn away(reason: &str) -> Finding {
    Finding::wrong(format!(
        "Redis does not answer ({reason}); start it, or correct BATON_REDIS_URL. Until then nothing is lost, but presence and live updates are missing."
    ))
}

fn judge(version: &str) -> Finding {
    let major: u32 = version.split('.').next().and_then(|major| major.parse().ok()).unwrap_or(0);
    if major < OLDEST_MAJOR {
        return Finding::wrong(format!("Redis is version {version}; move to {OLDEST_MAJOR}.0 or newer."));
    }
    Finding::fine(format!("Redis {version} answers."))
}

async fn version(url: &str) -> redis::RedisResult<String> {
    let mut connection = RedisServers::at(url)?.broker().await?.get_multiplexed_async_connection().await?;
    let about: String = redis::cmd("INFO").arg("server").query_async(&mut connection).await?;
    let version = about.lines().find_map(|line| line.strip_prefix("redis_version:"));
    Ok(version.unwrap_or("unknown").trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Health;

    #[test]
    fn an_old_redis_is_wrong() {
        assert_eq!(judge("5.0.14").health, Health::Wrong);
        assert_eq!(judge("7.0.15").health, Health::Fine);
    }
}
