//! What is sent about people and roles, read strictly: every mistake with its pointer.

use evident_event::catalog::document::{Findings, Object, Part};
use evident_event::json::Json;
use evident_event::record::Refusal;

use super::email::normalized_email;
use super::invitations::{DEFAULT_HOURS, MAX_HOURS};
use super::{Level, MAX_NAME_BYTES, Permission, Permissions};

/// Longest description of a role, in bytes.
pub(crate) const MAX_DESCRIPTION_BYTES: usize = 1024;
/// Members whose role is changed by one request, at most.
pub(crate) const MAX_BULK_MEMBERS: usize = 1_000;
/// Permissions of a list, at most. There are far fewer.
const MAX_PERMISSIONS: usize = 100;

/// A new role of an organization's own.
#[derive(Debug)]
pub(crate) struct NewRole {
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) level: Level,
    pub(crate) permissions: Permissions,
}

/// What is to be set of a role; the rest stays.
#[derive(Debug)]
pub(crate) struct RoleChange {
    pub(crate) name: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) permissions: Option<Permissions>,
}

/// A role for several members.
#[derive(Debug)]
pub(crate) struct BulkRole {
    pub(crate) user_ids: Vec<String>,
    pub(crate) role: String,
}

/// Who is invited, and to what.
#[derive(Debug)]
pub(crate) struct NewInvitation {
    pub(crate) email: String,
    /// Without one it is the default role.
    pub(crate) role: Option<String>,
    /// A project to begin in, and the role there.
    pub(crate) project: Option<(String, String)>,
    pub(crate) hours: u64,
}

/// What whoever accepts says.
pub(crate) struct Acceptance {
    pub(crate) token: String,
    /// Of a person who is new.
    pub(crate) newcomer: Option<Newcomer>,
}

/// A person who is new.
pub(crate) struct Newcomer {
    pub(crate) name: String,
    pub(crate) password: String,
}

impl NewRole {
    /// Reads it.
    pub(crate) fn read(document: &Json<'_>) -> Result<Self, Vec<Refusal>> {
        read(
            document,
            &["name", "description", "level", "permissions"],
            |object, findings| {
                let name = name_of(object.required("name", findings), findings);
                let description = description_of(object, findings);
                let level = object.required("level", findings).and_then(|part| {
                    let levels = [Level::Organization, Level::Project];
                    part.one_of(&levels, Level::as_str, findings)
                });
                let permissions = object.required("permissions", findings);
                let permissions = permissions_of(permissions, level, findings);
                Some(Self {
                    name: name?,
                    description: description.unwrap_or_default(),
                    level: level?,
                    permissions: permissions?,
                })
            },
        )
    }
}

impl RoleChange {
    /// Reads it, for a role of this level.
    pub(crate) fn read(document: &Json<'_>, level: Level) -> Result<Self, Vec<Refusal>> {
        read(
            document,
            &["name", "description", "permissions"],
            |object, findings| {
                Some(Self {
                    name: name_of(object.given("name"), findings),
                    description: description_of(object, findings),
                    permissions: permissions_of(object.given("permissions"), Some(level), findings),
                })
            },
        )
    }
}

/// Reads `{"role": …}`.
pub(crate) fn role(document: &Json<'_>) -> Result<String, Vec<Refusal>> {
    read(document, &["role"], |object, findings| {
        id_of(object.required("role", findings), findings)
    })
}

impl BulkRole {
    /// Reads it.
    pub(crate) fn read(document: &Json<'_>) -> Result<Self, Vec<Refusal>> {
        read(document, &["user_ids", "role"], |object, findings| {
            let role = id_of(object.required("role", findings), findings);
            let parts = object.required("user_ids", findings)?;
            let parts = parts.items(MAX_BULK_MEMBERS, findings)?;
            let mut user_ids: Vec<String> = Vec::with_capacity(parts.len());
            for part in &parts {
                let Some(id) = id_of(Some(part.clone()), findings) else {
                    continue;
                };
                if user_ids.contains(&id) {
                    let message = "expected each member once, found one again: leave it out";
                    findings.refuse(part.pointer(), "repeated_value", message);
                }
                user_ids.push(id);
            }
            Some(Self {
                user_ids,
                role: role?,
            })
        })
    }
}

impl NewInvitation {
    /// Reads it.
    pub(crate) fn read(document: &Json<'_>) -> Result<Self, Vec<Refusal>> {
        const MEMBERS: [&str; 5] = [
            "email",
            "role",
            "project_id",
            "project_role",
            "expires_in_hours",
        ];
        read(document, &MEMBERS, |object, findings| {
            let email = email_of(object.required("email", findings), findings);
            let role = id_of(object.given("role"), findings);
            let project = project_of(object, findings);
            let hours = object.given("expires_in_hours");
            let hours = hours.map_or(Some(DEFAULT_HOURS), |part| hours_of(&part, findings));
            Some(Self {
                email: email?,
                role,
                project,
                hours: hours?,
            })
        })
    }
}

/// Reads `{"token": …}`.
pub(crate) fn token(document: &Json<'_>) -> Result<String, Vec<Refusal>> {
    read(document, &["token"], |object, findings| {
        let token = object.required("token", findings)?;
        token.text(findings).map(str::to_owned)
    })
}

impl Acceptance {
    /// Reads it.
    pub(crate) fn read(document: &Json<'_>) -> Result<Self, Vec<Refusal>> {
        read(
            document,
            &["token", "name", "password"],
            |object, findings| {
                let token = object.required("token", findings);
                let token = token.and_then(|part| part.text(findings));
                let is_new = object.given("name").is_some() || object.given("password").is_some();
                let newcomer = is_new.then(|| {
                    let name = name_of(object.required("name", findings), findings);
                    let password = object.required("password", findings);
                    let password = password.and_then(|part| part.text(findings));
                    Some(Newcomer {
                        name: name?,
                        password: password?.to_owned(),
                    })
                });
                Some(Self {
                    token: token?.to_owned(),
                    newcomer: newcomer.flatten(),
                })
            },
        )
    }
}

/// Reads a document that is an object with no other members than these. What is missing in what is found does not
/// matter where there are mistakes: these are told, and nothing else.
fn read<T>(
    document: &Json<'_>,
    members: &[&'static str],
    inner: impl FnOnce(&Object<'_>, &mut Findings) -> Option<T>,
) -> Result<T, Vec<Refusal>> {
    let mut findings = Findings::default();
    let object = Part::whole(document).object(members, &mut findings);
    let found = object.and_then(|object| inner(&object, &mut findings));
    match found {
        Some(found) if findings.is_empty() => Ok(found),
        _ => Err(findings.into_refusals()),
    }
}

fn name_of(part: Option<Part<'_>>, findings: &mut Findings) -> Option<String> {
    let name = part?.words(MAX_NAME_BYTES, findings)?;
    Some(name.to_owned())
}

/// An id, or what could be one: whether there is something of that id is for others to say.
fn id_of(part: Option<Part<'_>>, findings: &mut Findings) -> Option<String> {
    name_of(part, findings)
}

/// A description, which may be empty.
fn description_of(object: &Object<'_>, findings: &mut Findings) -> Option<String> {
    let part = object.given("description")?;
    if part.text(findings)?.is_empty() {
        return Some(String::new());
    }
    let words = part.words(MAX_DESCRIPTION_BYTES, findings)?;
    Some(words.to_owned())
}

fn permissions_of(
    part: Option<Part<'_>>,
    level: Option<Level>,
    findings: &mut Findings,
) -> Option<Permissions> {
    let all: Vec<Permission> = Permission::all().collect();
    let parts = part?.items(MAX_PERMISSIONS, findings)?;
    let mut permissions = Vec::with_capacity(parts.len());
    for part in &parts {
        let Some(permission) = part.one_of(&all, Permission::as_str, findings) else {
            continue;
        };
        if level == Some(Level::Project) && !permission.is_of_projects() {
            let message = "expected a permission that can be held within a project: leave it out, or make the \
                           role one of the organization";
            findings.refuse(part.pointer(), "not_of_projects", message);
        }
        permissions.push(permission);
    }
    (permissions.len() == parts.len()).then(|| permissions.into_iter().collect())
}

fn email_of(part: Option<Part<'_>>, findings: &mut Findings) -> Option<String> {
    let part = part?;
    match normalized_email(part.text(findings)?) {
        Ok(email) => Some(email),
        Err(error) => {
            findings.refuse(part.pointer(), "invalid_value", error.to_string());
            None
        }
    }
}

/// A project and the role in it: both or neither.
fn project_of(object: &Object<'_>, findings: &mut Findings) -> Option<(String, String)> {
    if object.given("project_id").is_none() && object.given("project_role").is_none() {
        return None;
    }
    let id = id_of(object.required("project_id", findings), findings);
    let role = id_of(object.required("project_role", findings), findings);
    Some((id?, role?))
}

fn hours_of(part: &Part<'_>, findings: &mut Findings) -> Option<u64> {
    let hours = part.whole_number(1, MAX_HOURS, findings)?;
    u64::try_from(hours).ok()
}
