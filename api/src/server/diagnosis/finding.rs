//! The result of one check, and the command that comes next.

/// The result of one check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What was checked, in one word.
    pub subject: &'static str,
    /// The result.
    pub status: Status,
    /// The observation, or the fault.
    pub text: String,
    /// The command that corrects a fault.
    pub next: Option<String>,
}

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// As it should be.
    Good,
    /// The server starts, but this deserves attention.
    Warning,
    /// The server refuses to start, or soon fails.
    Failed,
}

impl Status {
    /// One word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Good => "ok",
            Self::Warning => "warning",
            Self::Failed => "failed",
        }
    }
}

impl Finding {
    /// As it should be.
    pub fn good(subject: &'static str, text: impl ToString) -> Self {
        Self { subject, status: Status::Good, text: text.to_string(), next: None }
    }

    /// A fault that does not stop the start, and the command that corrects it.
    pub fn warning(subject: &'static str, text: impl ToString, next: impl ToString) -> Self {
        let (text, next) = (text.to_string(), Some(next.to_string()));
        Self { subject, status: Status::Warning, text, next }
    }

    /// A fault, and the command that corrects it.
    pub fn failed(subject: &'static str, text: impl ToString, next: impl ToString) -> Self {
        Self { status: Status::Failed, ..Self::warning(subject, text, next) }
    }
}

/// The command that comes next: of the first fault that stops a start, else of the first warning,
/// else `otherwise`.
pub fn next_command(findings: &[Finding], otherwise: &str) -> String {
    let first = |status| findings.iter().find(|finding| finding.status == status);
    let fault = first(Status::Failed).or_else(|| first(Status::Warning));
    let next = fault.and_then(|finding| finding.next.clone());
    next.unwrap_or_else(|| otherwise.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_command_is_that_of_the_worst_fault() {
        let good = Finding::good("a", "fine");
        let warning = Finding::warning("b", "attention", "correct-b");
        let failed = Finding::failed("c", "broken", "correct-c");
        for (findings, next) in [
            (vec![good.clone()], "gridward serve"),
            (vec![good.clone(), warning.clone()], "correct-b"),
            (vec![good, warning, failed], "correct-c"),
        ] {
            assert_eq!(next_command(&findings, "gridward serve"), next);
        }
    }
}
