//! The changes that wait for one writer, taken in batches of one district.

use std::collections::VecDeque;
use std::sync::mpsc;

use super::change::AnyChange;

/// Maximum number of changes per commit; a larger batch would delay its first change.
const MOST_IN_A_COMMIT: usize = 128;
/// A message to a writer thread; `None` ends it.
pub(super) type Message = Option<Box<dyn AnyChange>>;

/// The changes that wait for a writer, in the order they came.
pub(super) struct Queue {
    receive: mpsc::Receiver<Message>,
    waiting: VecDeque<Box<dyn AnyChange>>,
    ending: bool,
}

impl Queue {
    /// The queue of the messages from `receive`.
    pub(super) const fn new(receive: mpsc::Receiver<Message>) -> Self {
        Self { receive, waiting: VecDeque::new(), ending: false }
    }

    /// The next changes of one district: the oldest, and the other queued changes of its
    /// district; `None` after the end message.
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
