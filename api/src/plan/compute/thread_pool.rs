//! The threads that compute plans, of a server and of the command line: requests go before them.

use rayon::{ThreadPool, ThreadPoolBuildError, ThreadPoolBuilder};

/// A pool of this many threads.
///
/// # Errors
/// If the threads cannot be started.
pub fn build(name: &'static str, threads: usize) -> Result<ThreadPool, ThreadPoolBuildError> {
    ThreadPoolBuilder::new()
        .num_threads(threads)
        .thread_name(move |number| format!("{name}-{number}"))
        .start_handler(|_| yield_to_requests())
        .build()
}

/// Lets the threads of requests run before this one: on Linux a nice value is that of a thread
/// (sched(7)), elsewhere that of the process.
fn yield_to_requests() {
    /// The nice value: a request gets nine times the time of a plan on the same core.
    const NICE: i32 = 10;
    if cfg!(target_os = "linux")
        && let Err(error) = rustix::process::setpriority_process(None, NICE)
    {
        tracing::warn!(%error, "plans are computed at the usual priority");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_is_computed_on_the_threads_of_the_setting_alone() {
        for threads in [1, 3] {
            let pool = build("plan", threads).expect("a pool");
            assert_eq!(pool.install(rayon::current_num_threads), threads);
        }
    }
}
