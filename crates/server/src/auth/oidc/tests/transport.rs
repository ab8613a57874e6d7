//! The bounds of what is asked.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use openidconnect::{AsyncHttpClient as _, HttpRequest};
use ureq::http::Request;

use super::super::reach::{Reach, Refusal};
use super::super::transport::{Transport, TransportError, questions_of_one_provider};
use super::super::{Oidc, OidcError};
use super::rig::{forger, rig};
use crate::edge;

/// As short as a loaded machine lets a test be.
const SOON: Duration = Duration::from_millis(500);

fn get(url: &str) -> HttpRequest {
    Request::get(url).body(Vec::new()).unwrap()
}

#[tokio::test]
async fn a_provider_that_is_silent_is_given_up() {
    let oidc = Oidc::with_transport(Transport::with_limit(Reach::ThisMachineToo, SOON));
    let error = oidc
        .begin(&forger("silent"), edge::now())
        .await
        .unwrap_err();
    let is_slow = matches!(error, OidcError::Transport(TransportError::Slow { .. }));
    assert!(is_slow, "{error}");
}

#[tokio::test]
async fn a_slow_provider_takes_only_its_own_share() {
    let transport = Transport::with_limit(Reach::ThisMachineToo, SOON);
    let url = format!("{}/silent/.well-known/openid-configuration", rig().forger);
    let questions = questions_of_one_provider();
    let share = questions.available_permits();
    let slow = transport.line(Arc::clone(&questions));
    let many = join_all((0..=share).map(|_| slow.call(get(&url))));
    let other = transport.line(questions_of_one_provider());
    let url = format!("{}/rs256/keys", rig().forger);
    let (many, other) = tokio::join!(many, other.call(get(&url)));
    assert_eq!(other.unwrap().status(), 200);
    let count = |is: fn(&TransportError) -> bool| {
        many.iter()
            .filter(|answer| answer.as_ref().is_err_and(is))
            .count()
    };
    assert_eq!(count(|error| matches!(error, TransportError::Busy)), 1);
    assert_eq!(
        count(|error| matches!(error, TransportError::Slow { .. })),
        share
    );
    assert_eq!(questions.available_permits(), share, "all are given back");
}

#[tokio::test]
async fn the_address_counts_that_a_name_leads_to() {
    // The system's resolver reads it as 127.0.0.1, and no check of the text does.
    let transport = Transport::with_limit(Reach::Others, SOON);
    let line = transport.line(questions_of_one_provider());
    let error = line.call(get("https://127.1:9/")).await.unwrap_err();
    let refusal = match error {
        TransportError::Refused { refusal, .. } => refusal,
        error => panic!("{error}"),
    };
    assert_eq!(refusal, Refusal::ThisMachine);
}
