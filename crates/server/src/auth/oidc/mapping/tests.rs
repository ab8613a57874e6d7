//! Who is let in, and above all who is not.

#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;

fn person(email: &str, groups: &[&str]) -> Identity {
    Identity {
        issuer: "https://login.acme.example".to_owned(),
        subject: "1".to_owned(),
        email: Some(email.to_owned()),
        email_verified: true,
        name: None,
        groups: groups.iter().copied().map(str::to_owned).collect(),
    }
}

fn strings(texts: &[&str]) -> Vec<String> {
    texts.iter().copied().map(str::to_owned).collect()
}

fn roles(pairs: &[(&str, &str)]) -> Vec<GroupRole> {
    let role = |(group, role_id): &(&str, &str)| GroupRole {
        group: (*group).to_owned(),
        role_id: (*role_id).to_owned(),
    };
    pairs.iter().map(role).collect()
}

fn policy(domains: &[&str]) -> Policy {
    Policy::new(&strings(domains), Vec::new(), None, false).unwrap()
}

fn admitted(domains: &[&str], email: &str) -> Result<String, Denial> {
    policy(domains)
        .admit(&person(email, &[]))
        .map(|admitted| admitted.email)
}

#[test]
fn a_domain_is_compared_as_dns_does() {
    for (domain, email) in [
        ("acme.example", "a.b+c@ACME.Example"),
        ("ACME.example", "a.b+c@acme.example"),
        ("bücher.example", "a.b+c@xn--bcher-kva.example"),
        ("xn--bcher-kva.example", "a.b+c@BÜCHER.example"),
    ] {
        let email = admitted(&[domain], email).unwrap();
        assert!(["a.b+c@acme.example", "a.b+c@xn--bcher-kva.example"].contains(&email.as_str()));
    }
}

#[test]
fn no_other_domain_is_let_in() {
    for email in [
        "eve@evil.example",
        "eve@sub.acme.example",
        "eve@acme.example.evil.example",
        "eve@evilacme.example",
        "eve@acme.exampl",
        "eve@sub。acme.example",
        // A Cyrillic letter.
        "eve@аcme.example",
    ] {
        let denial = admitted(&["acme.example"], email).unwrap_err();
        assert!(
            matches!(denial, Denial::ForeignDomain { .. }),
            "{email}: {denial}"
        );
    }
}

#[test]
fn an_address_that_can_be_read_in_two_ways_is_none() {
    for email in [
        "",
        "@acme.example",
        "acme.example",
        "eve@",
        "eve@evil.example@acme.example",
        "eve@acme.example@evil.example",
        "\"eve@evil.example\"@acme.example",
        "eve＠evil.example@acme.example",
        "eve@evil.example＠acme.example",
        "eve@evil.example\0@acme.example",
        "eve@acme.example\n",
        "eve @acme.example",
        "<eve@acme.example>",
        "eve@acme.example,eve@evil.example",
        "eve@acme.example%2eevil.example",
        "eve@%61cme.example",
        "eve@acme.example.",
        "eve@acme.example/evil",
        "eve@acme.example:25",
        "eve@[127.0.0.1]",
        "eve@127.0.0.1",
        "eve@localhost",
    ] {
        let denial = admitted(&["acme.example"], email).unwrap_err();
        assert_eq!(denial, Denial::BadEmail, "{email:?}");
    }
    let long = format!("{}@acme.example", "a".repeat(MAX_LOCAL_PART_BYTES + 1));
    assert_eq!(
        admitted(&["acme.example"], &long).unwrap_err(),
        Denial::BadEmail
    );
}

#[test]
fn only_a_verified_address_counts() {
    let mut eve = person("eve@acme.example", &[]);
    eve.email_verified = false;
    assert_eq!(
        policy(&["acme.example"]).admit(&eve),
        Err(Denial::UnverifiedEmail)
    );
    eve.email = None;
    eve.email_verified = true;
    assert_eq!(policy(&["acme.example"]).admit(&eve), Err(Denial::NoEmail));
}

#[test]
fn without_domains_nobody_is_let_in() {
    assert!(admitted(&[], "alice@acme.example").is_err());
}

fn role_of(
    groups: &[&str],
    default_role: Option<&str>,
    require: bool,
) -> Result<Option<String>, Denial> {
    let listed = roles(&[
        ("admins", "role_owner"),
        ("all", "role_reader"),
        ("admins", "role_x"),
    ]);
    let default_role = default_role.map(str::to_owned);
    let policy = Policy::new(&strings(&["acme.example"]), listed, default_role, require).unwrap();
    let admitted = policy.admit(&person("alice@acme.example", groups));
    admitted.map(|admitted| admitted.role_id)
}

#[test]
fn the_first_listed_group_gives_the_role() {
    let role = |groups| role_of(groups, None, true).unwrap().unwrap();
    assert_eq!(role(&["all", "admins"]), "role_owner");
    assert_eq!(role(&["others", "all"]), "role_reader");
}

#[test]
fn who_is_in_no_listed_group_gets_the_default_or_nothing_or_is_denied() {
    for groups in [&[][..], &["others"], &["Admins"], &["admins "], &["admin"]] {
        let default_role = role_of(groups, Some("role_guest"), false).unwrap();
        assert_eq!(default_role.as_deref(), Some("role_guest"));
        assert_eq!(role_of(groups, None, false).unwrap(), None);
        assert_eq!(role_of(groups, None, true).unwrap_err(), Denial::NoGroup);
    }
}

#[test]
fn a_policy_that_contradicts_itself_or_has_no_bound_is_refused() {
    let acme = strings(&["acme.example"]);
    let both = Policy::new(&acme, Vec::new(), Some("role_guest".to_owned()), true);
    assert_eq!(both, Err(PolicyError::DefaultAndRequired));
    let many = vec!["acme.example".to_owned(); MAX_DOMAINS + 1];
    assert_eq!(
        Policy::new(&many, Vec::new(), None, false),
        Err(PolicyError::Domains)
    );
    let listed = roles(&vec![("a", "b"); MAX_GROUP_ROLES + 1]);
    assert_eq!(
        Policy::new(&acme, listed, None, false),
        Err(PolicyError::GroupRoles)
    );
    for domain in [
        "",
        "example",
        "a@acme.example",
        "*.acme.example",
        "acme..example",
        "acme.example.",
        "10.0.0.1",
    ] {
        let refused = Policy::new(&strings(&[domain]), Vec::new(), None, false);
        assert!(
            matches!(refused, Err(PolicyError::Domain { .. })),
            "{domain:?}"
        );
    }
}

#[test]
fn everybody_who_is_denied_is_told_the_same() {
    let told = Denial::NoGroup.for_person();
    assert_eq!(Denial::UnverifiedEmail.for_person(), told);
}

proptest! {
    #[test]
    fn whoever_is_let_in_has_one_at_sign_and_the_domain(email in "[a-z@.\"＠ \\\\%。A-Z\u{0}-\u{20}]{0,20}(@|＠)?(acme\\.example)?") {
        if let Ok(email) = admitted(&["acme.example"], &email) {
            prop_assert_eq!(email.matches('@').count(), 1);
            prop_assert!(email.ends_with("@acme.example"));
        }
    }
}
