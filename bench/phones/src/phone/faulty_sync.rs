//! A sync under one fault of the network.

use super::{Phone, Received};
use crate::Error;
use crate::network_faults::{self, Fault};

impl Phone {
    /// Syncs while `fault` happens.
    ///
    /// # Errors
    /// Violations of the protocol; network faults are not errors.
    pub(super) async fn sync_under(&mut self, fault: Fault) -> Result<(), Error> {
        let pending = self.outbox.next_push().to_vec();
        let half = pending.len() / 2;
        match fault {
            Fault::Reordered if half == 0 => return self.sync().await.map(drop),
            _ => self.log.count(fault),
        }
        let push = self.push(pending);
        match fault {
            Fault::LostRequest => {}
            Fault::Delayed => {
                tokio::time::sleep(network_faults::delay(&mut self.rng)).await;
                let received = self.send(&push).await?;
                self.receive(received)?;
            }
            Fault::LostAnswer => {
                // Only the checks learn the result.
                if let Received::Page(page, ..) = self.send(&push).await? {
                    page.results.iter().for_each(|result| self.expectations.record(result));
                }
            }
            Fault::SentTwice => {
                let first = self.send(&push).await?;
                self.receive(first)?;
                let second = self.send(&push).await?;
                self.receive(second)?;
            }
            Fault::SentTwiceAtOnce => {
                let (one, other) = tokio::join!(self.send(&push), self.send(&push));
                self.receive(one?)?;
                self.receive(other?)?;
            }
            Fault::Reordered => {
                let (early, late) = push.commands.split_at(half);
                for commands in [late, early] {
                    let push = self.push(commands.to_vec());
                    let received = self.send(&push).await?;
                    self.receive(received)?;
                }
            }
            // The next sync fetches the remaining pages.
            _ => {
                let first_page = self.send(&push).await?;
                self.receive(first_page)?;
            }
        }
        Ok(())
    }
}
