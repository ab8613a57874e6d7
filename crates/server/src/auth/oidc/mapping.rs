//! Who of the people that a provider vouches for may come into an organization, and in which role.
//!
//! Pure: the same policy and the same person give the same answer. What must always hold:
//!
//! - an e-mail address counts only if the provider says that it has verified it;
//! - its domain is one that the organization lists: the whole name, in any spelling that DNS takes
//!   for the same, and none below it;
//! - an address that can be read in two ways is none;
//! - no group gives a role that the policy does not list.

use openidconnect::url::Host;

use super::identity::Identity;

/// Most domains of a policy.
pub(crate) const MAX_DOMAINS: usize = 100;
/// Most groups that a policy gives a role.
pub(crate) const MAX_GROUP_ROLES: usize = 500;
/// Most bytes of an e-mail address (RFC 5321).
const MAX_EMAIL_BYTES: usize = 254;
/// Most bytes of what stands before the '@' (RFC 5321).
const MAX_LOCAL_PART_BYTES: usize = 64;
/// What may stand before the '@' beside letters and digits. Quoted parts may hold anything, and are
/// not accepted.
const LOCAL_PART_MARKS: &str = "!#$%&'*+-/=?^_`{|}~.";

/// A policy that cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PolicyError {
    /// Not a domain.
    #[error("{domain:?} is not a domain: give it as in e-mail addresses, such as acme.example")]
    Domain {
        /// What was given.
        domain: String,
    },
    /// Too many domains.
    #[error("there are more than {MAX_DOMAINS} domains: leave out those that nobody uses")]
    Domains,
    /// Too many groups.
    #[error("more than {MAX_GROUP_ROLES} groups have a role: leave out those that nobody uses")]
    GroupRoles,
    /// It says two things about who is in no group.
    #[error(
        "a default role lets in who is in none of the groups, and require_group keeps them out: set one of the two"
    )]
    DefaultAndRequired,
}

/// Why somebody may not come in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Denial {
    /// There is no address.
    #[error(
        "the provider tells no e-mail address of the person: let it send the claim email, or give the person one"
    )]
    NoEmail,
    /// The address cannot be read in one way.
    #[error(
        "the provider tells an e-mail address that is not in the common form: correct it there"
    )]
    BadEmail,
    /// The address is not verified.
    #[error(
        "the provider does not say that it has verified the person's e-mail address (email_verified): verify it there"
    )]
    UnverifiedEmail,
    /// The domain is not the organization's.
    #[error(
        "the person's e-mail address is of {domain}, which is none of the organization's domains: add it to them if it should be"
    )]
    ForeignDomain {
        /// The domain.
        domain: String,
    },
    /// No group gives a role.
    #[error(
        "the person is in no group that has a role: put them in one there, or give one of their groups a role"
    )]
    NoGroup,
}

impl Denial {
    /// What whoever wanted to sign in is told: the same for all.
    pub(crate) const fn for_person(&self) -> &'static str {
        "You cannot sign in here with this account. Ask your administrator to let you in."
    }
}

/// A domain, as DNS compares it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Domain(String);

impl Domain {
    /// Reads a domain, also an international one.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        // Hosts of addresses may have escapes, and domains of e-mail may not.
        if text.contains('%') || text.len() > MAX_EMAIL_BYTES {
            return None;
        }
        let Ok(Host::Domain(name)) = Host::parse(text) else {
            return None;
        };
        let is_fit = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        let is_label = |label: &str| !label.is_empty() && label.bytes().all(is_fit);
        let is_domain = name.contains('.') && name.split('.').all(is_label);
        is_domain.then_some(Self(name))
    }

    /// As it is compared: in ASCII and lower case.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// A group of the provider's, and what who is in it may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GroupRole {
    /// The group, exactly as the provider writes it.
    pub(crate) group: String,
    /// The role.
    pub(crate) role_id: String,
}

/// What becomes of who is in none of the groups.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Otherwise {
    Role(String),
    NoRole,
    Denied,
}

/// Whom an organization lets in by its provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Policy {
    domains: Vec<Domain>,
    group_roles: Vec<GroupRole>,
    otherwise: Otherwise,
}

/// Somebody who may come in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Admitted {
    /// The verified address, its domain in ASCII and lower case.
    pub(crate) email: String,
    /// The role, if the policy gives one.
    pub(crate) role_id: Option<String>,
}

impl Policy {
    /// A policy. Without domains it lets in nobody.
    pub(crate) fn new(
        domains: &[String],
        group_roles: Vec<GroupRole>,
        default_role: Option<String>,
        require_group: bool,
    ) -> Result<Self, PolicyError> {
        if domains.len() > MAX_DOMAINS {
            return Err(PolicyError::Domains);
        }
        if group_roles.len() > MAX_GROUP_ROLES {
            return Err(PolicyError::GroupRoles);
        }
        let domain = |text: &String| {
            Domain::parse(text).ok_or_else(|| PolicyError::Domain {
                domain: text.chars().take(MAX_EMAIL_BYTES).collect(),
            })
        };
        let otherwise = match (default_role, require_group) {
            (Some(_), true) => return Err(PolicyError::DefaultAndRequired),
            (Some(role_id), false) => Otherwise::Role(role_id),
            (None, true) => Otherwise::Denied,
            (None, false) => Otherwise::NoRole,
        };
        Ok(Self {
            domains: domains.iter().map(domain).collect::<Result<_, _>>()?,
            group_roles,
            otherwise,
        })
    }

    /// Whether a person may come in, and in which role: that of the first group in the policy's order
    /// that the person is in.
    pub(crate) fn admit(&self, person: &Identity) -> Result<Admitted, Denial> {
        let email = person.email.as_deref().ok_or(Denial::NoEmail)?;
        let (local_part, domain) = parse_email(email).ok_or(Denial::BadEmail)?;
        if !person.email_verified {
            return Err(Denial::UnverifiedEmail);
        }
        if !self.domains.contains(&domain) {
            return Err(Denial::ForeignDomain { domain: domain.0 });
        }
        let mut listed = self.group_roles.iter();
        let of_group = listed.find(|listed| person.groups.contains(&listed.group));
        let role_id = match (of_group, &self.otherwise) {
            (Some(listed), _) => Some(listed.role_id.clone()),
            (None, Otherwise::Role(role_id)) => Some(role_id.clone()),
            (None, Otherwise::NoRole) => None,
            (None, Otherwise::Denied) => return Err(Denial::NoGroup),
        };
        let email = format!("{local_part}@{}", domain.as_str());
        Ok(Admitted { email, role_id })
    }
}

/// What stands before and behind the '@'.
fn parse_email(text: &str) -> Option<(&str, Domain)> {
    let (local_part, domain) = text.split_once('@')?;
    let is_fit = |c: char| c.is_alphanumeric() || LOCAL_PART_MARKS.contains(c);
    let is_local_part = !local_part.is_empty()
        && local_part.len() <= MAX_LOCAL_PART_BYTES
        && local_part.chars().all(is_fit);
    if !is_local_part || text.len() > MAX_EMAIL_BYTES {
        return None;
    }
    // A second '@' makes no domain.
    Some((local_part, Domain::parse(domain)?))
}

#[cfg(test)]
mod tests;
