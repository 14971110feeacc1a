//! A regime that changes to another occasion and back repeats no visit of the year.

use rstest::rstest;
use serde_json::{Value, json};

use super::cadences::{again, made, make, states};
use super::statutory_days::{carry_out, enter, prepared, rounds, take_back, weeks};
use super::{activate, create, edit, night, rewrite, weekly};
use crate::support::days::day;
use crate::support::{Backend, Server};

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_round_that_was_made_is_not_repeated_when_the_regime_returns_to_its_occasion(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, admin) = (server.supervisor().await, server.admin().await);
    enter(&admin, "liberation_day", day(2)).await;
    enter(&admin, "founding_day", day(5)).await;
    let (liberation, founding) = (rounds("liberation_day"), rounds("founding_day"));
    let open = async || {
        let all = prepared(&supervisor).await.into_iter();
        all.filter(|round| round["state"] == "open").collect::<Vec<Value>>()
    };
    let regime = create(&server, &liberation).await;
    assert!(night(&server).contains("succeeded, 1 processed"));
    carry_out(&server, &open().await[0]).await;
    rewrite(&server, &regime, &founding).await;
    assert!(again(&server).contains("succeeded, 1 processed"), "that of the other occasion");
    carry_out(&server, &open().await[0]).await;

    let edited = edit(&server, &regime, &liberation).await;
    assert_eq!(weeks(&supervisor, &regime).await.iter().sum::<u64>(), 0, "none is to come");
    activate(&server, &edited, &liberation).await;
    assert!(again(&server).contains("succeeded, 0 processed"));
    assert_eq!(weeks(&supervisor, &regime).await.iter().sum::<u64>(), 0, "none came");
    rewrite(&server, &regime, &founding).await;
    assert!(again(&server).contains("succeeded, 0 processed"));

    // The day is moved while the regime follows the other occasion.
    take_back(&admin, "liberation_day", day(2)).await;
    enter(&admin, "liberation_day", day(12)).await;
    rewrite(&server, &regime, &liberation).await;
    assert!(again(&server).contains("succeeded, 0 processed"));
    assert_eq!(prepared(&supervisor).await.len(), 2);
    enter(&admin, "liberation_day", day(380)).await;
    assert_eq!(weeks(&supervisor, &regime).await.iter().sum::<u64>(), 1, "of the next year");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn visits_that_were_withdrawn_are_prepared_again_when_the_regime_returns_and_made_ones_are_not(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, admin) = (server.supervisor().await, server.admin().await);
    // A visit today is too early to satisfy that of the occasion as a contact.
    enter(&admin, "liberation_day", day(12)).await;
    enter(&admin, "founding_day", day(40)).await;
    let name = "纪念日走访";
    let visits = |occasion: &str| {
        let cadence = json!({ "type": "feast", "feast": occasion });
        weekly(&json!({ "name": name, "lead_days": 14, "cadence": cadence }))
    };
    let regime = create(&server, &visits("liberation_day")).await;
    assert!(night(&server).contains("succeeded, 6 processed"));
    make(&server, name).await;
    rewrite(&server, &regime, &visits("founding_day")).await;
    assert!(again(&server).contains("succeeded, 0 processed"), "too early");
    let cancelled = made(&supervisor, name).await.into_iter();
    assert_eq!(cancelled.filter(|visit| visit["state"] == "cancelled").count(), 5);

    rewrite(&server, &regime, &visits("liberation_day")).await;
    assert!(again(&server).contains("succeeded, 5 processed"), "but for the one that was made");
    assert_eq!(states(&server, &[name]).await, ["done"]);
    assert_eq!(weeks(&supervisor, &regime).await.iter().sum::<u64>(), 5, "of the others");
    assert!(again(&server).contains("succeeded, 0 processed"));
}
