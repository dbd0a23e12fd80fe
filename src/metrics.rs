//! Figures for `/metrics`: one recorder for the process, with buckets that fit what is measured.

use std::sync::OnceLock;

use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

/// Seconds; fine where our promises lie (5 to 250 milliseconds), coarse beyond.
const SECONDS: &[f64] = &[0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0, 300.0, 3600.0];

/// Installs the recorder, once however often it is asked for.
///
/// # Panics
/// When another recorder was installed: a fault of start-up.
#[must_use]
pub fn recorder() -> PrometheusHandle {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    HANDLE.get_or_init(install).clone()
}

fn install() -> PrometheusHandle {
    let handle = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), SECONDS)
        .and_then(PrometheusBuilder::install_recorder)
        .expect("the first and only recorder of this process");
    describe();
    handle
}

fn describe() {
    describe_histogram!("baton_webhook_commit_seconds", Unit::Seconds, "From a webhook body's arrival to its commit");
    describe_counter!("baton_ticks_at_once_total", "Messages that got further in the commit that took the body in");
    describe_histogram!("baton_commit_to_browser_seconds", Unit::Seconds, "From a commit to the sockets it concerns");
    describe_histogram!("baton_outbox_seconds", Unit::Seconds, "From a message's commit to its call to WhatsApp");
    describe_gauge!("baton_outbox_age_seconds", Unit::Seconds, "Age of the oldest message that waits to be sent");
    describe_gauge!("baton_outbox_messages", "Messages that wait to be sent");
    describe_gauge!("baton_number_paused", "1 for a number, by its inbox, that sends nothing until a person has seen to it");
    describe_counter!("baton_sends_total", "Calls to WhatsApp by outcome");
    describe_histogram!("baton_timer_lag_seconds", Unit::Seconds, "How late timers run");
    describe_gauge!("baton_timers_overdue", "Timers that nobody has run for a minute; of a kind that no node knows, perhaps");
    describe_gauge!("baton_sockets", "Live pages on this node");
    describe_histogram!("baton_queue_wait_seconds", Unit::Seconds, "From a customer's first unanswered message to an agent");
    describe_counter!("baton_leases_ended_total", "Conversations that went back to their queues because whoever held them was not here");
    describe_counter!(
        "baton_invariants_broken_total",
        "What must always be so and was not, by what it was; it was put right, and is a fault of ours"
    );
    describe_counter!("baton_sla_total", "What conversations were measured by, by clock, and whether it was met or breached");
    describe_counter!("baton_refusals_total", "Commands refused, by kind");
    describe_counter!("baton_items_total", "Items of webhook bodies that were worked off, with those that were set aside");
    describe_counter!("baton_quarantined_total", "Items set aside");
    describe_counter!("baton_lane_batches_failed_total", "Transactions of several contacts that failed; each was then run by itself");
    describe_counter!(
        "baton_command_sets_failed_total",
        "Sets of commands about several contacts that failed; each was then run by itself"
    );
    describe_counter!("baton_bus_dropped_total", "Messages the bus had no room for");
    describe_counter!("baton_connections_refused_total", "Connections this node had no place for");
    describe_counter!("baton_mails_total", "Attempts to send a mail, by outcome");
    describe_gauge!("baton_tasks", "Contacts, apps, numbers and queues that are being worked on now, by kind");
    describe_counter!("baton_tasks_lost_total", "Rounds of such work that ended in a panic");
    describe_counter!("baton_loops_lost_total", "Loops that ended in a panic and began anew, by name");
    describe_counter!("baton_changes_dropped_total", "Changes this node's sockets had to look for themselves");
}
