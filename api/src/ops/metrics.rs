//! Metrics: requests by route, method and status, runs of background jobs by outcome, the
//! durations of both, the computation of plans and the measures of each district, and spent
//! budgets of reveals.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Instant;

use actix_web::Error;
use actix_web::HttpMessage;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::web::Data;
use chrono::{DateTime, Utc};
use metrics::{counter, gauge, histogram, with_local_recorder};
use metrics_exporter_prometheus::{
    BuildError, Matcher, PrometheusBuilder, PrometheusHandle, PrometheusRecorder,
};
use tracing_actix_web::RequestId;

/// Upper bounds of the buckets of request latencies, in seconds.
const REQUEST_BUCKETS: [f64; 10] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1.0, 5.0];
/// Upper bounds of the buckets of job durations, in seconds.
const JOB_BUCKETS: [f64; 8] = [0.01, 0.05, 0.1, 0.5, 1.0, 10.0, 60.0, 600.0];
/// Upper bounds of the buckets of the computation of plans, in seconds.
const PLAN_BUCKETS: [f64; 8] = [0.1, 0.5, 1.0, 5.0, 10.0, 30.0, 60.0, 300.0];
/// Upper bounds of the buckets of the tasks that a plan of freed tasks gave to a person.
const REPLAN_BUCKETS: [f64; 8] = [0.0, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 200.0];
const JOB_SECONDS: &str = "gridward_job_seconds";
const PLAN_SECONDS: &str = "gridward_plan_seconds";
const REPLAN_TASKS: &str = "gridward_replan_tasks";
const REVEAL_BUDGETS_SPENT: &str = "gridward_reveal_budgets_spent_total";
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Collects metrics and renders them for Prometheus.
#[derive(Clone)]
pub struct Metrics {
    recorder: Arc<PrometheusRecorder>,
    handle: PrometheusHandle,
    /// The figures of plans. A recorder drops no series, but by its age alone, so these are replaced as a whole.
    plans: Arc<RwLock<Option<PrometheusHandle>>>,
}

/// The figures of the last plan of an area, by the names of their gauges.
#[derive(Clone, Debug)]
pub struct PlanFigures {
    /// The district.
    pub district: String,
    /// The area.
    pub area: String,
    /// The gauges and their values.
    pub figures: Vec<(&'static str, f64)>,
}

impl Default for Metrics {
    fn default() -> Self {
        // The builder fails only for empty buckets, and these are not empty.
        let builder = with_buckets(PrometheusBuilder::new());
        let builder = builder.unwrap_or_else(|_| PrometheusBuilder::new());
        let recorder = builder.build_recorder();
        let handle = recorder.handle();
        // An alarm needs the zero before the first.
        with_local_recorder(&recorder, || counter!(REVEAL_BUDGETS_SPENT).increment(0));
        Self { recorder: Arc::new(recorder), handle, plans: Arc::default() }
    }
}

fn with_buckets(builder: PrometheusBuilder) -> Result<PrometheusBuilder, BuildError> {
    let jobs = Matcher::Full(JOB_SECONDS.to_owned());
    let plans = Matcher::Full(PLAN_SECONDS.to_owned());
    let replans = Matcher::Full(REPLAN_TASKS.to_owned());
    builder
        .set_buckets(&REQUEST_BUCKETS)?
        .set_buckets_for_metric(jobs, &JOB_BUCKETS)?
        .set_buckets_for_metric(plans, &PLAN_BUCKETS)?
        .set_buckets_for_metric(replans, &REPLAN_BUCKETS)
}

impl Metrics {
    /// The metrics in Prometheus' text format.
    pub fn page(&self) -> String {
        self.handle.run_upkeep();
        let plans = self.plans.read().unwrap_or_else(PoisonError::into_inner).clone();
        let plans = plans.map(|plans| plans.render()).unwrap_or_default();
        self.handle.render() + &plans
    }

    fn request(&self, method: &str, route: &str, status: u16, seconds: f64) {
        let labels = [
            ("method", known_method(method).to_owned()),
            ("route", route.to_owned()),
            ("status", status.to_string()),
        ];
        with_local_recorder(&*self.recorder, || {
            counter!("gridward_requests_total", &labels).increment(1);
            histogram!("gridward_request_seconds", &labels[..2]).record(seconds);
        });
    }

    /// Counts a person's daily budget of reveals that was spent.
    pub fn reveal_budget_spent(&self) {
        with_local_recorder(&*self.recorder, || counter!(REVEAL_BUDGETS_SPENT).increment(1));
    }

    /// Records the computation of a plan, from its turn until it is stored.
    pub fn plan_computed(&self, origin: &'static str, outcome: &'static str, seconds: f64) {
        with_local_recorder(&*self.recorder, || {
            histogram!(PLAN_SECONDS, "origin" => origin, "outcome" => outcome).record(seconds);
        });
    }

    /// Records how many tasks an applied plan of freed tasks gave to a person.
    pub fn replanned(&self, moves: u32) {
        with_local_recorder(&*self.recorder, || {
            histogram!(REPLAN_TASKS).record(moves);
        });
    }

    /// Records figures of a district, by the names of their gauges.
    pub fn district(&self, district: &str, figures: &[(&'static str, f64)]) {
        gauges(&self.recorder, &[("district", district.to_owned())], figures);
    }

    /// Records the figures of plans in place of all recorded before: areas that are not among these have none.
    pub fn plans<'f>(&self, plans: impl IntoIterator<Item = &'f PlanFigures>) {
        let recorder = PrometheusBuilder::new().build_recorder();
        for PlanFigures { district, area, figures } in plans {
            let labels = [("district", district.clone()), ("area", area.clone())];
            gauges(&recorder, &labels, figures);
        }
        let mut now = self.plans.write().unwrap_or_else(PoisonError::into_inner);
        *now = Some(recorder.handle());
    }

    /// Counts a run of a background job in one district.
    pub fn job_run(&self, job: &'static str, outcome: &'static str, seconds: f64) {
        with_local_recorder(&*self.recorder, || {
            counter!("gridward_job_runs_total", "job" => job, "outcome" => outcome).increment(1);
            histogram!(JOB_SECONDS, "job" => job).record(seconds);
        });
    }

    /// Records that a background job succeeded at `at` in every district where it was due.
    pub fn job_succeeded(&self, job: &'static str, at: DateTime<Utc>) {
        #[expect(clippy::cast_precision_loss, reason = "seconds since 1970 are exact in a float")]
        let seconds = at.timestamp() as f64;
        with_local_recorder(&*self.recorder, || {
            gauge!("gridward_job_last_success_timestamp_seconds", "job" => job).set(seconds);
        });
    }
}

fn gauges(
    recorder: &PrometheusRecorder,
    labels: &[(&'static str, String)],
    figures: &[(&'static str, f64)],
) {
    with_local_recorder(recorder, || {
        for (name, value) in figures {
            gauge!(*name, labels).set(*value);
        }
    });
}

/// The method, if it is a known one: clients can invent others, and each would become a
/// permanent time series.
fn known_method(method: &str) -> &str {
    match method {
        "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS" => method,
        _ => "other",
    }
}

/// Middleware that measures a request and adds its id to the answer.
///
/// # Errors
/// The errors of the wrapped service.
pub async fn measure<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let began = Instant::now();
    let method = request.method().clone();
    let id = request.extensions().get::<RequestId>().map(ToString::to_string);
    let metrics = request.app_data::<Data<Metrics>>().cloned();
    let mut answer = next.call(request).await?;
    if let Some(metrics) = metrics {
        let route = answer.request().match_pattern();
        let route = route.as_deref().unwrap_or("none");
        let status = answer.status().as_u16();
        metrics.request(method.as_str(), route, status, began.elapsed().as_secs_f64());
    }
    if let Some(id) = id.and_then(|id| HeaderValue::from_str(&id).ok()) {
        answer.headers_mut().insert(REQUEST_ID, id);
    }
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_series_of_an_area_without_a_plan_end() {
        let metrics = Metrics::default();
        let name = "gridward_plan_served_tasks";
        let of = |area: &str, served: f64| PlanFigures {
            district: "500116".to_owned(),
            area: area.to_owned(),
            figures: vec![(name, served)],
        };
        let series = |area: &str, served: u8| {
            format!("{name}{{district=\"500116\",area=\"{area}\"}} {served}\n")
        };
        metrics.district("500116", &[("gridward_share_gini", 0.5)]);
        metrics.plans(&[of("500116", 4.0), of("500116001", 2.0)]);
        let page = metrics.page();
        for (area, served) in [("500116", 4), ("500116001", 2)] {
            assert!(page.contains(&series(area, served)), "{page}");
        }
        metrics.plans(&[of("500116", 5.0)]);
        let page = metrics.page();
        assert!(page.contains(&series("500116", 5)), "{page}");
        assert!(!page.contains("area=\"500116001\""), "{page}");
        assert!(page.contains("gridward_share_gini{district=\"500116\"} 0.5\n"), "{page}");
    }
}
