//! Tokens that must not be taken, and some that must.

use std::collections::BTreeMap;

use super::super::{Begun, Identity, OidcError, Returned};
use super::rig::{asked, end, forger, later, oidc, rig, sign_in};
use crate::edge;

#[tokio::test]
async fn each_of_the_three_algorithms_is_taken() {
    for case in ["rs256", "es256", "eddsa"] {
        let expected = Identity {
            issuer: format!("{}/{case}", rig().forger),
            subject: "forged".to_owned(),
            email: Some("forged@acme.example".to_owned()),
            email_verified: true,
            name: Some("Forged".to_owned()),
            groups: vec!["engineering".to_owned()],
        };
        assert!(sign_in(case).await.unwrap() == expected, "{case}");
    }
    assert_eq!(asked("rs256", "userinfo"), 0, "the token tells all");
}

#[tokio::test]
async fn a_token_that_does_not_hold_signs_nobody_in() {
    let reasons = BTreeMap::from([
        ("wrong-nonce", "nonce mismatch"),
        ("no-nonce", "missing nonce"),
        ("wrong-issuer", "Invalid issuer"),
        ("wrong-audience", "Invalid audiences"),
        ("second-audience", "not a trusted audience"),
        ("wrong-party", "another client (azp)"),
        ("expired", "Expired"),
        ("old", "made long ago"),
        ("of-the-future", "in the future"),
        ("wrong-access-token", "at_hash"),
        ("alg-none", "No signature found"),
        ("alg-hs256", "Disallowed signature algorithm"),
        ("foreign-key", "signature does not hold"),
    ]);
    for (case, reason) in reasons {
        let error = sign_in(case).await.expect_err(case);
        assert!(
            matches!(error, OidcError::BadIdToken { .. }),
            "{case}: {error}"
        );
        assert!(error.to_string().contains(reason), "{case}: {error}");
    }
}

#[tokio::test]
async fn a_clock_may_differ_by_less_than_a_minute() {
    sign_in("just-expired").await.unwrap();
}

#[tokio::test]
async fn a_single_group_and_booleans_in_words_are_understood() {
    assert_eq!(sign_in("one-group").await.unwrap().groups, ["engineering"]);
    assert!(sign_in("words-for-booleans").await.unwrap().email_verified);
}

#[tokio::test]
async fn userinfo_is_taken_only_of_the_same_subject() {
    let told = sign_in("no-e-mail").await.unwrap();
    assert_eq!(told.email.as_deref(), Some("told@acme.example"));
    assert!(told.email_verified);
    let error = sign_in("other-subject").await.unwrap_err();
    assert!(matches!(error, OidcError::BadUserInfo { .. }), "{error}");
}

#[tokio::test]
async fn an_access_token_that_cannot_be_sent_is_an_error_and_no_panic() {
    let error = sign_in("token-with-a-line-break").await.unwrap_err();
    assert!(matches!(error, OidcError::NoToken { .. }), "{error}");
}

#[tokio::test]
async fn a_key_that_nobody_knows_makes_the_keys_be_asked_for_once_a_minute() {
    let (oidc, provider, now) = (oidc(), forger("unknown-key"), edge::now());
    let begun = oidc.begin(&provider, now).await.unwrap();
    for (seconds, times) in [(0, 1), (59, 1), (60, 2), (119, 2)] {
        let error = end(&oidc, &provider, &begun, later(now, seconds))
            .await
            .unwrap_err();
        assert!(matches!(error, OidcError::UnknownKey), "{error}");
        assert_eq!(asked("unknown-key", "keys"), times, "after {seconds} s");
    }
}

#[tokio::test]
async fn a_key_that_is_new_is_found() {
    let (oidc, provider, now) = (oidc(), forger("new-key"), edge::now());
    let begun = oidc.begin(&provider, now).await.unwrap();
    end(&oidc, &provider, &begun, now).await.unwrap_err();
    end(&oidc, &provider, &begun, later(now, 60)).await.unwrap();
}

async fn returned(begun: &Begun, case: &str, issuer: Option<&str>) -> Result<Identity, OidcError> {
    let code = &begun.expected.nonce;
    let returned = Returned { code, issuer };
    oidc()
        .finish(&forger(case), &begun.expected, returned, edge::now())
        .await
}

#[tokio::test]
async fn a_provider_that_says_so_names_itself_in_each_answer() {
    let case = "says-who-it-is";
    let issuer = format!("{}/{case}", rig().forger);
    let begun = oidc().begin(&forger(case), edge::now()).await.unwrap();
    for sender in [None, Some("http://127.0.0.1:9")] {
        let error = returned(&begun, case, sender).await.unwrap_err();
        assert!(matches!(error, OidcError::MixedUp), "{error}");
    }
    returned(&begun, case, Some(&issuer)).await.unwrap();
}

#[tokio::test]
async fn a_sign_in_that_began_with_another_provider_ends_there() {
    let begun = oidc().begin(&forger("rs256"), edge::now()).await.unwrap();
    let error = returned(&begun, "es256", None).await.unwrap_err();
    assert!(matches!(error, OidcError::ProviderChanged), "{error}");
}

#[tokio::test]
async fn what_is_no_code_is_not_sent_on() {
    let (oidc, provider) = (oidc(), forger("one-group"));
    let begun = oidc.begin(&provider, edge::now()).await.unwrap();
    for code in ["", "a\nb", &"x".repeat(10_000)] {
        let returned = Returned { code, issuer: None };
        let error = oidc
            .finish(&provider, &begun.expected, returned, edge::now())
            .await;
        assert!(matches!(error, Err(OidcError::NoCode)), "{code:?}");
    }
}
