//! The changes that wait for one writer, taken in batches of one district.

use std::collections::VecDeque;
use std::sync::mpsc;

use super::change::AnyChange;

/// How many changes may share a commit: more would make the first wait too long.
const MOST_IN_A_COMMIT: usize = 128;
/// What a writing thread is sent; without a change, it ends.
pub(super) type Message = Option<Box<dyn AnyChange>>;

/// The changes that wait for a writer, in the order they came.
pub(super) struct Queue {
    receive: mpsc::Receiver<Message>,
    waiting: VecDeque<Box<dyn AnyChange>>,
    ending: bool,
}

impl Queue {
    /// The queue of what is sent through `receive`.
    pub(super) const fn new(receive: mpsc::Receiver<Message>) -> Self {
        Self { receive, waiting: VecDeque::new(), ending: false }
    }

    /// The next changes of one district: the first that waits, and those of its
    /// district that came soon after; `None` when the thread is to end.
    pub(super) fn next_batch(&mut self) -> Option<Vec<Box<dyn AnyChange>>> {
        if self.waiting.is_empty() {
            if self.ending {
                return None;
            }
            self.waiting.push_back(self.receive.recv().ok()??);
        }
        while !self.ending && self.waiting.len() < MOST_IN_A_COMMIT {
            match self.receive.try_recv() {
                Ok(Some(change)) => self.waiting.push_back(change),
                Ok(None) => self.ending = true,
                Err(_) => break,
            }
        }
        let district = self.waiting.front()?.district();
        let (batch, others) =
            self.waiting.drain(..).partition(|change| change.district() == district);
        self.waiting = others;
        Some(VecDeque::into(batch))
    }
}
