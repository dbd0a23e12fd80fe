//! The simulator in place of Meta and of the customers' phones, and its control API. It runs on a thread of its own; or, where
//! `BATON_TEST_SIMULATOR` names another build of it, as a process.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::thread::JoinHandle;
use std::time::Duration;

use baton::demo::account::Account;
use baton::demo::process::{Process, Signal};
use serde_json::{Value, json};
use tokio::sync::oneshot;

use super::ports;
use super::waiting::found;

/// Most entries of the ledger that are asked for at once.
const LEDGER: usize = 50_000;

/// A running simulator; ends when dropped.
pub struct Simulator {
    address: SocketAddr,
    http: reqwest::Client,
    _running: Running,
}

enum Running {
    Thread(#[allow(dead_code, reason = "ends when dropped")] Thread),
    Program(#[allow(dead_code, reason = "ends when dropped")] Process),
}

/// A thread that serves until it is dropped.
struct Thread {
    stop: Option<oneshot::Sender<()>>,
    handle: Option<JoinHandle<()>>,
}

/// One call to `/messages`, as the ledger has it.
#[derive(Debug, Clone)]
pub struct Call {
    /// Our id of the message, which we ask to get back with every status; none for a read receipt.
    pub message: Option<String>,
    pub to: String,
    pub body: Value,
    /// The message is on its way to the phone.
    pub is_accepted: bool,
    pub fault: Option<String>,
}

impl Simulator {
    /// Starts one; what it prints as a process goes to `log`.
    pub fn start(log: &Path) -> Self {
        let address = ports::free();
        let running = match std::env::var("BATON_TEST_SIMULATOR") {
            Ok(program) => Running::Program(start_program(&program, address, log)),
            Err(_) => Running::Thread(Thread::start(address)),
        };
        let http = reqwest::Client::builder().timeout(Duration::from_secs(30)).build().unwrap();
        Self { address, http, _running: running }
    }

    /// What `BATON_GRAPH_URL` is set to.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub async fn get(&self, path: &str) -> Value {
        self.answer(self.http.get(self.control(path))).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Value {
        self.answer(self.http.post(self.control(path)).json(body)).await
    }

    pub async fn patch(&self, path: &str, body: &Value) -> Value {
        self.answer(self.http.patch(self.control(path)).json(body)).await
    }

    fn control(&self, path: &str) -> String {
        format!("{}/control/{path}", self.url())
    }

    async fn answer(&self, request: reqwest::RequestBuilder) -> Value {
        let answer = request.send().await.unwrap();
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert!(status.is_success(), "the simulator refuses ({status}): {text}");
        serde_json::from_str(&text).unwrap()
    }

    /// Orders a fault.
    pub async fn fault(&self, fault: Value) {
        self.post("faults", &fault).await;
    }

    /// Every call to `/messages` so far, oldest first.
    pub async fn ledger(&self) -> Vec<Call> {
        self.calls(&format!("ledger?limit={LEDGER}")).await
    }

    /// The calls that were for one customer.
    pub async fn ledger_to(&self, wa_id: &str) -> Vec<Call> {
        self.calls(&format!("ledger?to={wa_id}&limit={LEDGER}")).await
    }

    async fn calls(&self, path: &str) -> Vec<Call> {
        let entries = self.get(path).await;
        entries.as_array().unwrap().iter().map(Call::read).collect()
    }

    /// Waits until no webhook is unacknowledged and nothing is planned that would send another.
    pub async fn settles(&self, limit: Duration) {
        let is_quiet = async || {
            let counts = self.get("counts").await;
            (counts["webhooks_pending"] == json!(0) && counts["tasks_waiting"] == json!(0)).then_some(())
        };
        found("the simulator has delivered everything", limit, is_quiet).await;
    }

    /// Makes every webhook that waits for another attempt due now.
    pub async fn hurries(&self) {
        self.post("webhooks/retry", &json!({})).await;
    }
}

impl Call {
    fn read(entry: &Value) -> Self {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let fault = text(&entry["fault"]);
        let is_message = entry["response"]["messages"][0]["id"].is_string();
        Self {
            message: text(&entry["request"]["biz_opaque_callback_data"]),
            to: text(&entry["to"]).unwrap_or_default(),
            body: entry["request"].clone(),
            is_accepted: entry["status"] == json!(200) && is_message && fault.as_deref() != Some("answer"),
            fault,
        }
    }

    /// The words of it.
    pub fn text(&self) -> &str {
        let body = self.body["text"]["body"].as_str();
        body.or_else(|| self.body["interactive"]["body"]["text"].as_str()).unwrap_or_default()
    }
}

fn start_program(program: &str, address: SocketAddr, log: &Path) -> Process {
    let arguments = ["--listen".to_owned(), address.to_string()];
    let mut process = Process::start("The simulator", &Account::Own, Path::new(program), &arguments, Signal::Terminate, log).unwrap();
    process.wait_until_ready(Duration::from_secs(20), log, || TcpStream::connect(address).is_ok()).unwrap();
    process
}

impl Thread {
    fn start(address: SocketAddr) -> Self {
        let listener = TcpListener::bind(address).unwrap();
        let (stop, stopped) = oneshot::channel();
        let handle = std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async {
                tokio::select! {
                    served = simulator::serve(listener, simulator::Options::default()) => served.unwrap(),
                    _ = stopped => {}
                }
            });
        });
        Self { stop: Some(stop), handle: Some(handle) }
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(handle) = self.handle.take()
            && handle.join().is_err()
        {
            eprintln!("the simulator ended in a panic");
        }
    }
}
