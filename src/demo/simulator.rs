//! The simulator beside us, in place of Meta and of the customers' phones.

use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use reqwest::Client;
use serde_json::{Value, json};
use url::Url;

use super::seed::tables::Answerable;
use crate::config::program_folders;

use super::account::Account;
use super::process::{Process, Signal};
use super::seed;

const START: Duration = Duration::from_secs(20);

const ANSWER: Duration = Duration::from_secs(10);

/// A running simulator; stopped when dropped, and when this process ends in any other way.
#[derive(Debug)]
pub struct Simulator {
    process: Process,
    address: SocketAddr,
}

impl Simulator {
    /// Starts the program `simulator` and waits until it accepts connections.
    ///
    /// # Errors
    /// In one sentence that says what to do.
    pub fn start(address: SocketAddr, log: &Path) -> Result<Self> {
        let program = find()?;
        let arguments = ["--listen".to_owned(), address.to_string()];
        let mut process = Process::start("The simulator", &Account::Own, &program, &arguments, Signal::Terminate, log)?;
        process.wait_until_ready(START, log, || TcpStream::connect(address).is_ok())?;
        Ok(Self { process, address })
    }

    /// The number of its process.
    #[must_use]
    pub fn process_id(&self) -> u32 {
        self.process.id()
    }

    /// Tells it of a number, the people who hold the phones, and an app. Where the app has a callback, our door must be open: it is
    /// challenged at once.
    ///
    /// `answerable` have written before and may be answered now, so they write their last words once more. Nobody hears that, for
    /// the app comes last; but it opens their window and shows on their phones.
    ///
    /// # Errors
    /// When it refuses.
    pub async fn introduce(&self, number: &Value, app: &Value, answerable: &[Answerable]) -> Result<()> {
        let client = Client::builder().timeout(ANSWER).build()?;
        self.post(&client, "numbers", number).await?;
        for (number, name) in seed::phones().into_iter().chain(answerable.iter().map(|known| (known.phone.as_str(), known.name.as_str()))) {
            self.post(&client, "users", &json!({ "wa_id": number, "name": name })).await?;
        }
        for known in answerable {
            let body = Some(known.last_words.text()).filter(|text| !text.is_empty()).unwrap_or("🙂");
            self.post(&client, &format!("users/{}/messages", known.phone), &json!({ "type": "text", "text": { "body": body } })).await?;
        }
        self.post(&client, "apps", app).await
    }

    async fn post(&self, client: &Client, noun: &str, body: &Value) -> Result<()> {
        let url = Url::parse(&format!("http://{}/control/{noun}", self.address))?;
        let answer = client.post(url).json(body).send().await.context("the simulator does not answer")?;
        let status = answer.status();
        if status.is_success() {
            return Ok(());
        }
        bail!("the simulator refused one of the demo's {noun} ({status}): {}", answer.text().await.unwrap_or_default())
    }
}

/// Beside our own program, one folder up (where tests' programs are), or on the path.
fn find() -> Result<PathBuf> {
    let own = std::env::current_exe().context("our own program cannot be found")?;
    let beside = own.ancestors().skip(1).take(2).map(Path::to_owned);
    let found = beside.chain(program_folders()).map(|folder| folder.join("simulator")).find(|program| program.is_file());
    found.ok_or_else(|| anyhow!("the program `simulator` is missing; build it with `cargo build --release -p simulator`, or use `bin/run`"))
}
