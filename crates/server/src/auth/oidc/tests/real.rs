//! What a real provider and this server make of each other.

use super::super::{
    Begun, Denial, Identity, Oidc, OidcError, Policy, Provider, ProviderSettings, Reach, Returned,
};
use super::browser::{self, Back};
use super::rig::{oidc, provider, rig, settings};
use crate::edge;

async fn begin(oidc: &Oidc, provider: &Provider, name: &str) -> (Begun, Back) {
    let begun = oidc.begin(provider, edge::now()).await.unwrap();
    let back = browser::sign_in(&begun.url, name);
    (begun, back)
}

async fn finish(
    oidc: &Oidc,
    provider: &Provider,
    begun: &Begun,
    back: &Back,
) -> Result<Identity, OidcError> {
    let returned = Returned {
        code: &back.code,
        issuer: back.issuer.as_deref(),
    };
    oidc.finish(provider, &begun.expected, returned, edge::now())
        .await
}

async fn sign_in(name: &str) -> Identity {
    let (oidc, provider) = (oidc(), provider(&rig().issuer));
    let (begun, back) = begin(&oidc, &provider, name).await;
    finish(&oidc, &provider, &begun, &back).await.unwrap()
}

fn policy() -> Policy {
    Policy::new(&["acme.example".to_owned()], Vec::new(), None, false).unwrap()
}

#[tokio::test]
async fn who_signs_in_is_who_the_provider_says() {
    let alice = sign_in("alice").await;
    let expected = Identity {
        issuer: rig().issuer.clone(),
        subject: "alice".to_owned(),
        email: Some("alice@acme.example".to_owned()),
        email_verified: true,
        name: Some("Alice Liddell".to_owned()),
        groups: vec!["engineering".to_owned(), "auditors".to_owned()],
    };
    assert!(alice == expected, "{:?} {:?}", alice.email, alice.groups);
    assert_eq!(policy().admit(&alice).unwrap().email, "alice@acme.example");
}

#[tokio::test]
async fn a_client_without_a_secret_signs_people_in() {
    let public = ProviderSettings {
        client_id: "evident-public".to_owned(),
        client_secret: None,
        ..settings(&rig().issuer)
    };
    let provider = Provider::new(public, Reach::ThisMachineToo).unwrap();
    let oidc = oidc();
    let (begun, back) = begin(&oidc, &provider, "dave").await;
    let dave = finish(&oidc, &provider, &begun, &back).await.unwrap();
    assert_eq!((dave.subject.as_str(), dave.groups.len()), ("dave", 0));
}

#[tokio::test]
async fn the_browser_brings_back_the_state_of_its_own_sign_in_alone() {
    let (oidc, provider) = (oidc(), provider(&rig().issuer));
    let (begun, back) = begin(&oidc, &provider, "alice").await;
    let other = oidc.begin(&provider, edge::now()).await.unwrap();
    assert_eq!(begun.state, back.state);
    assert_ne!(other.state, back.state);
}

#[tokio::test]
async fn a_code_works_once() {
    let (oidc, provider) = (oidc(), provider(&rig().issuer));
    let (begun, back) = begin(&oidc, &provider, "alice").await;
    finish(&oidc, &provider, &begun, &back).await.unwrap();
    let again = finish(&oidc, &provider, &begun, &back).await.unwrap_err();
    assert!(
        matches!(&again, OidcError::TokenRefused { code } if code == "invalid_grant"),
        "{again}"
    );
    assert!(!again.to_string().contains(&back.code));
}

#[tokio::test]
async fn a_code_of_another_sign_in_is_refused() {
    let (oidc, provider) = (oidc(), provider(&rig().issuer));
    let (_, stolen) = begin(&oidc, &provider, "alice").await;
    let own = oidc.begin(&provider, edge::now()).await.unwrap();
    // The PKCE verifier is not the one that the code is bound to.
    let error = finish(&oidc, &provider, &own, &stolen).await.unwrap_err();
    assert!(matches!(error, OidcError::TokenRefused { .. }), "{error}");
}

#[tokio::test]
async fn a_nonce_of_another_sign_in_is_refused() {
    let (oidc, provider) = (oidc(), provider(&rig().issuer));
    let (mut begun, back) = begin(&oidc, &provider, "alice").await;
    begun.expected.nonce = oidc
        .begin(&provider, edge::now())
        .await
        .unwrap()
        .expected
        .nonce;
    let error = finish(&oidc, &provider, &begun, &back).await.unwrap_err();
    assert!(error.to_string().contains("nonce mismatch"), "{error}");
}

#[tokio::test]
async fn a_wrong_secret_is_told_to_the_administrator_alone() {
    let wrong = ProviderSettings {
        client_secret: Some("a wrong secret".to_owned()),
        ..settings(&rig().issuer)
    };
    let provider = Provider::new(wrong, Reach::ThisMachineToo).unwrap();
    let oidc = oidc();
    let (begun, back) = begin(&oidc, &provider, "alice").await;
    let error = finish(&oidc, &provider, &begun, &back).await.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("check the client's id and secret"),
        "{error}"
    );
    assert!(!error.to_string().contains("a wrong secret"));
    assert!(!error.for_person().contains("secret"));
}

#[tokio::test]
async fn a_code_for_another_client_is_refused() {
    let public = ProviderSettings {
        client_id: "evident-public".to_owned(),
        client_secret: None,
        ..settings(&rig().issuer)
    };
    let other = Provider::new(public, Reach::ThisMachineToo).unwrap();
    let (oidc, provider) = (oidc(), provider(&rig().issuer));
    let (begun, back) = begin(&oidc, &other, "alice").await;
    let error = finish(&oidc, &provider, &begun, &back).await.unwrap_err();
    assert!(matches!(error, OidcError::TokenRefused { .. }), "{error}");
}

#[tokio::test]
async fn an_answer_that_names_no_issuer_or_another_is_not_taken() {
    let (oidc, provider) = (oidc(), provider(&rig().issuer));
    let (begun, mut back) = begin(&oidc, &provider, "alice").await;
    assert_eq!(back.issuer.as_ref(), Some(&rig().issuer));
    for sender in [
        None,
        Some(rig().forger.clone()),
        Some(format!("{}/", rig().issuer)),
    ] {
        back.issuer = sender;
        let error = finish(&oidc, &provider, &begun, &back).await.unwrap_err();
        assert!(matches!(error, OidcError::MixedUp), "{error}");
    }
    // The code was not spent on them.
    back.issuer = Some(rig().issuer.clone());
    finish(&oidc, &provider, &begun, &back).await.unwrap();
}

#[tokio::test]
async fn an_unverified_address_and_a_foreign_domain_stay_outside() {
    let bob = policy().admit(&sign_in("bob").await).unwrap_err();
    assert_eq!(bob, Denial::UnverifiedEmail);
    let carol = policy().admit(&sign_in("carol").await).unwrap_err();
    let domain = "example.org".to_owned();
    assert_eq!(carol, Denial::ForeignDomain { domain });
}

#[tokio::test]
async fn an_issuer_must_be_written_exactly_as_it_names_itself() {
    let (oidc, provider) = (oidc(), provider(&format!("{}/", rig().issuer)));
    let error = oidc.begin(&provider, edge::now()).await.unwrap_err();
    assert!(matches!(error, OidcError::OtherIssuer { .. }), "{error}");
}

#[tokio::test]
async fn nothing_secret_is_written_for_debugging() {
    let (oidc, provider) = (oidc(), provider(&rig().issuer));
    let (begun, back) = begin(&oidc, &provider, "alice").await;
    let returned = Returned {
        code: &back.code,
        issuer: None,
    };
    let alice = finish(&oidc, &provider, &begun, &back).await.unwrap();
    let written = format!("{provider:?} {begun:?} {returned:?} {alice:?} {oidc:?}");
    let expected = &begun.expected;
    for secret in [
        &rig().client_secret,
        &begun.state,
        &expected.nonce,
        &expected.pkce_verifier,
        &back.code,
        &"alice@".to_owned(),
    ] {
        assert!(!written.contains(secret.as_str()), "{written}");
    }
}
