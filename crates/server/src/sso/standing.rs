//! Whether what somebody signed in by still holds when the session begins.
//!
//! It must hold that no session comes after the end of all others: who switches the provider off, or gives it another
//! issuer, client or secret, ends its sessions, and who removes a member ends that person's. The provider was asked
//! meanwhile, which takes its time; so all of it is looked at once more, with the organization locked.

use sqlx::AnyConnection;

use super::SsoError;
use crate::control::{Holdings, Sso, SsoPerson, locked_organization};

const REMOVED: &str = "the person was removed from the organization at this moment: invite them, if they are to come back";

/// Refuses a session by what is no more as it was when the provider was asked.
pub(super) async fn check(
    connection: &mut AnyConnection,
    asked: &Sso,
    person: &SsoPerson,
) -> Result<(), SsoError> {
    let organization_id = &asked.organization_id;
    if !locked_organization(connection, organization_id).await? {
        return Err(SsoError::NotSetUp);
    }
    let now_set = Sso::find(connection, organization_id).await?;
    if !now_set.is_some_and(|now_set| vouches_still(asked, &now_set)) {
        return Err(SsoError::NotSetUp);
    }
    match Holdings::of(connection, organization_id, &person.id).await? {
        Some(_) => Ok(()),
        None => Err(SsoError::Refused(REMOVED)),
    }
}

/// Whether it is the client that was asked as. A secret that was given anew is sealed anew, also if it is the same.
fn vouches_still(asked: &Sso, now_set: &Sso) -> bool {
    let client = |sso: &Sso| {
        (
            sso.issuer.clone(),
            sso.client_id.clone(),
            sso.client_secret.clone(),
        )
    };
    now_set.enabled && client(asked) == client(now_set)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use evident_event::time::Timestamp;

    use super::*;
    use crate::control::SsoPolicy;
    use crate::control::fixtures::{founding, opened};

    const ORGANIZATION: &str = "org_1";

    type Change = fn(&mut Sso);

    fn sso() -> Sso {
        Sso {
            organization_id: ORGANIZATION.to_owned(),
            issuer: "https://login.acme.example".to_owned(),
            client_id: "evident".to_owned(),
            client_secret: Some(vec![1]),
            policy: SsoPolicy {
                domains: vec!["acme.example".to_owned()],
                groups_claim: "groups".to_owned(),
                scopes: Vec::new(),
                group_roles: Vec::new(),
                require_group: false,
            },
            enabled: true,
            updated_at: Timestamp::from_micros(1),
        }
    }

    fn person(id: &str) -> SsoPerson {
        SsoPerson {
            id: id.to_owned(),
            email: "ada@acme.example".to_owned(),
            name: String::new(),
            role: None,
            subject: None,
        }
    }

    #[tokio::test]
    async fn a_session_begins_only_by_the_provider_that_was_asked_and_for_a_member() {
        let control = opened().await;
        control.found(&founding(ORGANIZATION)).await.unwrap();
        let asked = sso();
        let member = person(&founding(ORGANIZATION).owner_id);
        let changes: [(&str, Change); 4] = [
            ("issuer", |sso| sso.issuer.push('/')),
            ("client_id", |sso| sso.client_id.push('2')),
            ("client_secret", |sso| sso.client_secret = Some(vec![2])),
            ("enabled", |sso| sso.enabled = false),
        ];
        let mut change = control.begin().await.unwrap();
        for (what, make) in changes {
            let mut set = sso();
            make(&mut set);
            set.write(&mut change).await.unwrap();
            let checked = check(&mut change, &asked, &member).await;
            assert!(matches!(checked, Err(SsoError::NotSetUp)), "{what}");
        }
        asked.write(&mut change).await.unwrap();
        check(&mut change, &asked, &member).await.unwrap();
        let removed = check(&mut change, &asked, &person("usr_gone")).await;
        assert!(matches!(removed, Err(SsoError::Refused(REMOVED))));
        Sso::delete(&mut change, ORGANIZATION).await.unwrap();
        let checked = check(&mut change, &asked, &member).await;
        assert!(matches!(checked, Err(SsoError::NotSetUp)), "taken away");
    }
}
