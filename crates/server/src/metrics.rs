//! Metrics in the Prometheus text format.
//!
//! Labels take a bounded number of values: routes, known methods, statuses. No tenant, no key and
//! nothing that a client chose is a label.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use evident_event::time::Timestamp;
use evident_store::Store;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric};
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use crate::budget::Budget;

/// The media type of [`Metrics::text`].
pub(crate) const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
const MICROS_PER_SECOND: i64 = 1_000_000;
/// Upper bounds of the buckets of request times, in seconds.
const SECONDS_BUCKETS: [f64; 12] = [
    0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 2.5, 10.0,
];

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    method: &'static str,
    route: String,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteLabels {
    route: String,
}

type Times = Family<RouteLabels, Histogram, fn() -> Histogram>;

/// What the server counts.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    seconds: Times,
    lost_reads: Counter,
    retention: RetentionMetrics,
    exports: ExportMetrics,
}

/// What retention did.
#[derive(Debug, Default)]
struct RetentionMetrics {
    last_run: Gauge,
    last_run_millis: Gauge,
    waits: Gauge,
    failures: Counter,
    removed_events: Counter,
    removed_bytes: Counter,
}

/// What is counted of exports in the background.
#[derive(Debug, Clone, Default)]
pub(crate) struct ExportMetrics {
    queued: Gauge,
    running: Gauge,
    done: Counter,
    failed: Counter,
}

impl ExportMetrics {
    fn register(&self, registry: &mut Registry) {
        registry.register(
            "export_jobs_queued",
            "Exports that wait for their turn",
            self.queued.clone(),
        );
        registry.register(
            "export_jobs_running",
            "Exports whose files are being made",
            self.running.clone(),
        );
        registry.register(
            "export_jobs_done",
            "Exports whose files were made",
            self.done.clone(),
        );
        registry.register(
            "export_jobs_failed",
            "Exports that came to nothing, but for those that were cancelled",
            self.failed.clone(),
        );
    }

    /// So many wait.
    pub(crate) fn queued(&self, count: u64) {
        self.queued.set(i64::try_from(count).unwrap_or(i64::MAX));
    }

    /// So many are being made.
    pub(crate) fn running(&self, count: u64) {
        self.running.set(i64::try_from(count).unwrap_or(i64::MAX));
    }

    /// One was made.
    pub(crate) fn done(&self) {
        self.done.inc();
    }

    /// One came to nothing.
    pub(crate) fn failed(&self) {
        self.failed.inc();
    }
}

fn seconds_histogram() -> Histogram {
    Histogram::new(SECONDS_BUCKETS)
}

impl Metrics {
    /// Counters at zero.
    pub(crate) fn new() -> Self {
        let mut registry = Registry::with_prefix("evident");
        let requests = Family::default();
        let seconds = Times::new_with_constructor(seconds_histogram);
        registry.register(
            "http_requests",
            "Requests answered",
            Family::clone(&requests),
        );
        registry.register_with_unit(
            "http_request_duration",
            "Time from a request's head to its answer's",
            Unit::Seconds,
            seconds.clone(),
        );
        let lost_reads = Counter::default();
        registry.register(
            "audit_records_lost",
            "Reads of the log and refused keys of which no record could be made",
            lost_reads.clone(),
        );
        let retention = RetentionMetrics::registered(&mut registry);
        let exports = ExportMetrics::default();
        exports.register(&mut registry);
        Self {
            registry,
            requests,
            seconds,
            lost_reads,
            retention,
            exports,
        }
    }

    /// The same, with the counters of a store and of the budget of bodies.
    pub(crate) fn watching(mut self, store: Arc<Store>, budget: Budget) -> Self {
        let watched = Watched { store, budget };
        self.registry.register_collector(Box::new(watched));
        self
    }

    /// Counts a request. The method is a known one, or one word for all others.
    pub(crate) fn observe(&self, method: &'static str, route: &str, status: u16, took: Duration) {
        let route = route.to_owned();
        self.requests
            .get_or_create(&RequestLabels {
                method,
                route: route.clone(),
                status,
            })
            .inc();
        self.seconds
            .get_or_create(&RouteLabels { route })
            .observe(took.as_secs_f64());
    }

    /// Counts a read or a refusal of which there is no record.
    pub(crate) fn read_lost(&self) {
        self.lost_reads.inc();
    }

    /// Notes that retention ran.
    pub(crate) fn retention_ran(&self, at: Timestamp, took: Duration, succeeded: bool) {
        let RetentionMetrics {
            last_run,
            last_run_millis,
            failures,
            ..
        } = &self.retention;
        last_run_millis.set(i64::try_from(took.as_millis()).unwrap_or(i64::MAX));
        if succeeded {
            last_run.set(at.as_micros() / MICROS_PER_SECOND);
        } else {
            failures.inc();
        }
    }

    /// Notes whether retention waits because the clock is doubted.
    pub(crate) fn retention_waits(&self, waits: bool) {
        self.retention.waits.set(i64::from(waits));
    }

    /// Counts events that retention removed, once they are on the log as removed.
    pub(crate) fn retention_removed(&self, events: u64, bytes: u64) {
        self.retention.removed_events.inc_by(events);
        self.retention.removed_bytes.inc_by(bytes);
    }

    /// What is counted of exports in the background.
    pub(crate) fn exports(&self) -> ExportMetrics {
        self.exports.clone()
    }

    /// All of them as text.
    pub(crate) fn text(&self) -> Result<String, fmt::Error> {
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

impl RetentionMetrics {
    fn registered(registry: &mut Registry) -> Self {
        let metrics = Self::default();
        registry.register(
            "retention_last_run_timestamp_seconds",
            "When retention last came to its end, in seconds since 1970",
            metrics.last_run.clone(),
        );
        registry.register(
            "retention_last_run_millis",
            "Milliseconds that the last run of retention took",
            metrics.last_run_millis.clone(),
        );
        registry.register(
            "retention_waits",
            "Whether retention waits because the clock is far ahead of when the server last ran",
            metrics.waits.clone(),
        );
        registry.register(
            "retention_failures",
            "Runs of retention that failed",
            metrics.failures.clone(),
        );
        registry.register(
            "retention_removed_events",
            "Events that retention removed",
            metrics.removed_events.clone(),
        );
        registry.register(
            "retention_removed_bytes",
            "Canonical bytes of events that retention removed",
            metrics.removed_bytes.clone(),
        );
        metrics
    }
}

/// Counters that others keep, read when they are asked for.
struct Watched {
    store: Arc<Store>,
    budget: Budget,
}

impl fmt::Debug for Watched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watched").finish_non_exhaustive()
    }
}

impl Collector for Watched {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let now = self.store.measurements();
        let gauges = [
            (
                "http_body_bytes_in_flight",
                "Bytes of bodies and answers in memory",
                self.budget.taken() as u64,
            ),
            (
                "store_queued_events",
                "Events waiting to be written",
                now.queued_events,
            ),
            (
                "store_background_work",
                "Tails that wait to be sealed, and compactions that wait to be made",
                now.background_work,
            ),
            (
                "store_queued_bytes",
                "Canonical bytes waiting to be written",
                now.queued_bytes,
            ),
            (
                "scrub_damaged_pieces",
                "Pieces of segments' files that were found damaged and still are",
                now.scrub_damaged_pieces,
            ),
        ];
        for (name, help, value) in gauges {
            let gauge = ConstGauge::new(i64::try_from(value).unwrap_or(i64::MAX));
            gauge.encode(encoder.encode_descriptor(name, help, None, gauge.metric_type())?)?;
        }
        let counters = [
            (
                "store_appended_events",
                "Events recorded",
                now.appended_events,
            ),
            (
                "store_duplicate_events",
                "Events that had been recorded before",
                now.duplicate_events,
            ),
            ("store_commits", "Writes with one sync each", now.commits),
            (
                "store_synced_bytes",
                "Bytes of frames that were synced",
                now.synced_bytes,
            ),
            (
                "store_commit_micros",
                "Microseconds spent writing and syncing",
                now.commit_micros_sum,
            ),
            (
                "store_checkpoints_published",
                "Checkpoints signed and published",
                now.checkpoints_published,
            ),
            (
                "anchor_failures",
                "Times that the anchor did not answer",
                now.anchor_failures,
            ),
            (
                "scrub_verified_bytes",
                "Bytes of segments' files that were verified in the background",
                now.scrub_verified_bytes,
            ),
        ];
        for (name, help, value) in counters {
            let counter = ConstCounter::new(value);
            counter.encode(encoder.encode_descriptor(
                name,
                help,
                None,
                counter.metric_type(),
            )?)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn requests_are_counted_by_route_and_status() {
        let metrics = Metrics::new();
        for status in [201, 201, 422] {
            let took = Duration::from_millis(3);
            metrics.observe("POST", "/v1/events", status, took);
        }
        let text = metrics.text().unwrap();
        let line =
            r#"evident_http_requests_total{method="POST",route="/v1/events",status="201"} 2"#;
        assert!(text.contains(line), "{text}");
        let line = r#"evident_http_request_duration_seconds_count{route="/v1/events"} 3"#;
        assert!(text.contains(line), "{text}");
    }
}
