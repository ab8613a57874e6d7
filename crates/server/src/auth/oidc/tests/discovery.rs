//! Providers that are none, are down, or say too much; and how often they are asked.

use super::super::transport::TransportError;
use super::super::{OidcError, Provider, ProviderError, ProviderSettings, Reach};
use super::rig::{asked, forger, later, oidc, provider, rig, settings, sign_in};
use crate::edge;

const DOCUMENT: &str = ".well-known/openid-configuration";

#[tokio::test]
async fn what_is_no_description_of_a_provider_is_not_taken_for_one() {
    for case in [
        "no-document",
        "moved",
        "failing",
        "plain-sign-in",
        "script-sign-in",
    ] {
        let error = sign_in(case).await.expect_err(case);
        assert!(
            matches!(error, OidcError::NoProvider { .. }),
            "{case}: {error}"
        );
    }
    let error = sign_in("other-issuer").await.unwrap_err();
    assert!(matches!(error, OidcError::OtherIssuer { .. }), "{error}");
}

#[tokio::test]
async fn a_description_cannot_lead_where_nothing_may_be_asked() {
    let error = sign_in("plain-keys").await.unwrap_err();
    let is_refused = matches!(error, OidcError::Transport(TransportError::Refused { .. }));
    assert!(is_refused, "{error}");
}

#[tokio::test]
async fn an_answer_of_10_mb_is_not_read() {
    let error = sign_in("huge").await.unwrap_err();
    let is_too_long = matches!(error, OidcError::Transport(TransportError::TooLong { .. }));
    assert!(is_too_long, "{error}");
}

#[tokio::test]
async fn a_provider_that_is_down_is_said_to_be() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let error = oidc()
        .begin(&provider(&format!("http://{address}")), edge::now())
        .await;
    let error = error.unwrap_err();
    assert!(error.to_string().contains("cannot be reached"), "{error}");
    assert!(!error.for_person().contains("127.0.0.1"));
}

#[tokio::test]
async fn a_description_is_asked_for_once_an_hour() {
    let (oidc, provider, now) = (oidc(), forger("known-for-an-hour"), edge::now());
    for (seconds, times) in [(0, 1), (1, 1), (3599, 1), (3600, 2)] {
        oidc.begin(&provider, later(now, seconds)).await.unwrap();
        assert_eq!(
            asked("known-for-an-hour", DOCUMENT),
            times,
            "after {seconds} s"
        );
    }
}

#[tokio::test]
async fn a_failure_is_remembered_for_a_moment() {
    let (oidc, provider, now) = (oidc(), forger("fails-and-counts"), edge::now());
    for (seconds, times) in [(0, 1), (1, 1), (4, 1), (5, 2)] {
        let error = oidc
            .begin(&provider, later(now, seconds))
            .await
            .unwrap_err();
        assert!(matches!(error, OidcError::NoProvider { .. }), "{error}");
        assert_eq!(
            asked("fails-and-counts", DOCUMENT),
            times,
            "after {seconds} s"
        );
    }
}

#[test]
fn a_provider_is_refused_that_could_not_be_asked() {
    let refused = |issuer: &str, reach| Provider::new(settings(issuer), reach).unwrap_err();
    for issuer in [
        "",
        "acme",
        "https://",
        "https://a.example/?x",
        "https://a.example/#x",
    ] {
        refused(issuer, Reach::ThisMachineToo);
    }
    for issuer in [
        "http://login.acme.example",
        "https://u:p@acme.example",
        &rig().issuer,
    ] {
        let error = refused(issuer, Reach::Others);
        assert!(
            matches!(error, ProviderError::Issuer(_)),
            "{issuer}: {error}"
        );
    }
    let without_id = ProviderSettings {
        client_id: String::new(),
        ..settings("https://login.acme.example")
    };
    Provider::new(without_id, Reach::Others).unwrap_err();
}
