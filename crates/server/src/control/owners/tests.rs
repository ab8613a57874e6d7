//! Owners of the instance, on a real database.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::control::Control;
use crate::control::fixtures::{founding, opened};

const NOW: Timestamp = Timestamp::from_micros(1_700_000_000_000_001);

/// With ada (`usr_1`), who owns it, and grace (`usr_2`), who does not.
async fn founded() -> Control {
    let control = opened().await;
    control.found(&founding("org_home")).await.unwrap();
    let mut connection = control.reading().await.unwrap();
    query(
        "INSERT INTO users (id, email, password_hash, created_at) \
         VALUES ('usr_2', 'grace@example.com', '', 1)",
    )
    .execute(&mut *connection)
    .await
    .unwrap();
    drop(connection);
    control
}

async fn add(control: &Control, by: &str, named: Named) -> Result<(Owner, String), OwnersError> {
    let mut change = control.begin().await.unwrap();
    let added = Owner::add(&mut change, by, &named, NOW).await?;
    change.commit().await.unwrap();
    Ok(added)
}

async fn remove(control: &Control, by: &str, id: &str) -> Result<(Owner, String), OwnersError> {
    let mut change = control.begin().await.unwrap();
    let removed = Owner::remove(&mut change, by, id).await?;
    change.commit().await.unwrap();
    Ok(removed)
}

async fn ids(control: &Control) -> Vec<String> {
    let mut connection = control.reading().await.unwrap();
    let owners = Owner::all(&mut connection).await.unwrap();
    owners.into_iter().map(|owner| owner.user_id).collect()
}

#[tokio::test]
async fn an_owner_is_named_by_address_or_id_and_made_once() {
    let control = founded().await;
    let by_address = Named::Email("grace@example.com".to_owned());
    let (owner, home) = add(&control, "usr_1", by_address.clone()).await.unwrap();
    assert_eq!(
        (owner.user_id.as_str(), home.as_str()),
        ("usr_2", "org_home")
    );
    assert_eq!(ids(&control).await, ["usr_1", "usr_2"]);
    for named in [by_address, Named::Id("usr_2".to_owned())] {
        let error = add(&control, "usr_1", named).await.unwrap_err();
        assert!(matches!(error, OwnersError::Already));
    }
    for nobody in [
        Named::Id("usr_3".to_owned()),
        Named::Email("usr_1".to_owned()),
    ] {
        let error = add(&control, "usr_1", nobody).await.unwrap_err();
        assert!(matches!(error, OwnersError::NoPerson));
    }
}

#[tokio::test]
async fn nobody_but_an_owner_makes_or_removes_owners() {
    let control = founded().await;
    let named = Named::Id("usr_2".to_owned());
    let error = add(&control, "usr_2", named).await.unwrap_err();
    assert!(matches!(error, OwnersError::NoLonger));
    let error = remove(&control, "usr_2", "usr_1").await.unwrap_err();
    assert!(matches!(error, OwnersError::NoLonger));
    assert_eq!(ids(&control).await, ["usr_1"]);
}

#[tokio::test]
async fn the_last_owner_stays() {
    let control = founded().await;
    let error = remove(&control, "usr_1", "usr_1").await.unwrap_err();
    assert!(matches!(error, OwnersError::Last));
    let error = remove(&control, "usr_1", "usr_2").await.unwrap_err();
    assert!(matches!(error, OwnersError::NoOwner));
    let named = Named::Id("usr_2".to_owned());
    add(&control, "usr_1", named).await.unwrap();
    remove(&control, "usr_1", "usr_1").await.unwrap();
    assert_eq!(ids(&control).await, ["usr_2"]);
}

#[tokio::test]
async fn two_owners_who_remove_each_other_at_once_leave_one() {
    let control = founded().await;
    let named = Named::Id("usr_2".to_owned());
    add(&control, "usr_1", named).await.unwrap();
    let (one, other) = tokio::join!(
        remove(&control, "usr_1", "usr_2"),
        remove(&control, "usr_2", "usr_1"),
    );
    let failed: Vec<_> = [one, other].into_iter().filter_map(Result::err).collect();
    assert!(
        matches!(failed.as_slice(), [OwnersError::NoLonger]),
        "{failed:?}"
    );
    assert_eq!(ids(&control).await.len(), 1);
}

#[test]
fn one_person_is_named_in_one_way() {
    let read = |text: &str| {
        let document = evident_event::json::parse(text.as_bytes(), 8).unwrap();
        Named::read(&document).map_err(|refusals| refusals[0].code)
    };
    let named = read(r#"{"email":"Grace@Example.com"}"#).unwrap();
    assert_eq!(named, Named::Email("grace@example.com".to_owned()));
    let named = read(r#"{"user_id":"usr_1"}"#).unwrap();
    assert_eq!(named, Named::Id("usr_1".to_owned()));
    for (text, code) in [
        ("{}", "missing_field"),
        (r#"{"user_id":"usr_1","email":"a@b.c"}"#, "missing_field"),
        (r#"{"user_id":7}"#, "wrong_type"),
        (r#"{"mail":"a@b.c"}"#, "unknown_field"),
    ] {
        assert_eq!(read(text).unwrap_err(), code, "{text}");
    }
}
