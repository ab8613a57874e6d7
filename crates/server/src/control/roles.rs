//! Permissions, and the roles that bundle them.
//!
//! What must always hold:
//!
//! - permissions and built-in roles are fixed here; an organization's own roles are lists of permissions by name;
//! - a role that is held in a project gives nothing beyond the project: of its permissions only those count that
//!   projects know ([`Permission::is_of_projects`]).

use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row, query};

use super::ControlError;

/// Something that a person or a key may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Permission {
    /// Record events.
    RecordEvents,
    /// Read events.
    ReadEvents,
    /// Take events out in bulk.
    ExportEvents,
    /// Read the log's entries, which tell of the events of every project.
    ReadLog,
    /// Read the server's metrics.
    ReadMetrics,
    /// Read settings, roles and projects.
    ReadSettings,
    /// Read who the members are.
    ReadMembers,
    /// Change the organization's settings.
    ManageOrganization,
    /// Make and change event types.
    ManageCatalog,
    /// Make and delete projects.
    CreateProjects,
    /// Rename and archive projects.
    ManageProjects,
    /// Invite, change and remove members.
    ManageMembers,
    /// Make and change roles, and choose the default one.
    ManageRoles,
    /// Make, rotate and revoke API keys.
    ManageKeys,
    /// Make viewer tokens.
    IssueViewers,
    /// Change and share views of everybody.
    ShareViews,
    /// Set how long events are kept.
    ManageRetention,
    /// Set up single sign-on.
    ManageSso,
}

/// What a permission is called, what it allows, and whether projects know it.
struct Described(Permission, &'static str, &'static str, bool);

use Permission as P;

const PERMISSIONS: [Described; 18] = [
    Described(P::RecordEvents, "events.record", "Record events", true),
    Described(
        P::ReadEvents,
        "events.read",
        "Read and search events, with their proofs",
        true,
    ),
    Described(P::ExportEvents, "events.export", "Export events", true),
    Described(
        P::ReadLog,
        "log.read",
        "Read the log's tiles and entries, which tell of every project",
        false,
    ),
    Described(
        P::ReadMetrics,
        "metrics.read",
        "Read the server's metrics, which tell of all that it does",
        false,
    ),
    Described(
        P::ReadSettings,
        "settings.read",
        "Read settings, roles and projects",
        true,
    ),
    Described(
        P::ReadMembers,
        "members.read",
        "See who the members are",
        true,
    ),
    Described(
        P::ManageOrganization,
        "organization.manage",
        "Change the organization's settings, its redaction and its log's publicity",
        false,
    ),
    Described(
        P::ManageCatalog,
        "catalog.manage",
        "Make and change event types",
        false,
    ),
    Described(
        P::CreateProjects,
        "projects.create",
        "Create and delete projects",
        false,
    ),
    Described(
        P::ManageProjects,
        "projects.manage",
        "Rename and archive projects",
        true,
    ),
    Described(
        P::ManageMembers,
        "members.manage",
        "Invite members, change their roles and remove them",
        true,
    ),
    Described(
        P::ManageRoles,
        "roles.manage",
        "Create and change roles, and set the default role",
        false,
    ),
    Described(
        P::ManageKeys,
        "keys.manage",
        "Create, rotate and revoke API keys",
        true,
    ),
    Described(
        P::IssueViewers,
        "viewers.issue",
        "Issue viewer tokens",
        true,
    ),
    Described(
        P::ShareViews,
        "views.share",
        "Share saved views, and change those that are shared",
        true,
    ),
    Described(
        P::ManageRetention,
        "retention.manage",
        "Set how long events are kept",
        true,
    ),
    Described(P::ManageSso, "sso.manage", "Set up single sign-on", false),
];

impl Permission {
    /// All of them, in the order in which they are shown.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        PERMISSIONS.iter().map(|described| described.0)
    }

    fn described(self) -> Option<&'static Described> {
        PERMISSIONS.iter().find(|described| described.0 == self)
    }

    /// Its name.
    pub(crate) fn as_str(self) -> &'static str {
        self.described().map_or("", |described| described.1)
    }

    /// What it allows, in words that follow "may".
    pub(crate) fn description(self) -> &'static str {
        self.described().map_or("", |described| described.2)
    }

    /// Whether it can be held within a project.
    pub(crate) fn is_of_projects(self) -> bool {
        self.described().is_some_and(|described| described.3)
    }

    /// The permission of a name.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        let found = PERMISSIONS.iter().find(|described| described.1 == name);
        found.map(|described| described.0)
    }
}

/// A set of permissions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Permissions(u32);

impl Permissions {
    /// None.
    pub(crate) const NONE: Self = Self(0);

    /// Every permission.
    pub(crate) fn all() -> Self {
        Permission::all().collect()
    }

    /// Whether it is among them.
    pub(crate) const fn has(self, permission: Permission) -> bool {
        self.0 >> permission as u32 & 1 == 1
    }

    /// Whether all of the others are among them.
    pub(crate) const fn cover(self, others: Self) -> bool {
        others.0 & !self.0 == 0
    }

    /// Those of either.
    pub(crate) const fn union(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }

    /// Those that can be held within a project.
    pub(crate) fn within_a_project(self) -> Self {
        self.iter()
            .filter(|permission| permission.is_of_projects())
            .collect()
    }

    /// Each of them.
    pub(crate) fn iter(self) -> impl Iterator<Item = Permission> {
        Permission::all().filter(move |permission| self.has(*permission))
    }
}

impl FromIterator<Permission> for Permissions {
    fn from_iter<I: IntoIterator<Item = Permission>>(permissions: I) -> Self {
        let bit = |permission| 1 << permission as u32;
        Self(
            permissions
                .into_iter()
                .map(bit)
                .fold(0, |all, bit| all | bit),
        )
    }
}

/// Where a role may be held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    /// In the organization.
    Organization,
    /// In a project.
    Project,
}

impl Level {
    /// The word for it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Organization => "organization",
            Self::Project => "project",
        }
    }

    /// The level of a word.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        [Self::Organization, Self::Project]
            .into_iter()
            .find(|level| level.as_str() == word)
    }
}

/// A role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Role {
    /// Its id: of a built-in one a word, else `rol_…`.
    pub(crate) id: String,
    /// Its name.
    pub(crate) name: String,
    /// What it is for.
    pub(crate) description: String,
    /// Where it may be held.
    pub(crate) levels: Vec<Level>,
    /// What it allows.
    pub(crate) permissions: Permissions,
    /// Whether it is the same for everybody.
    pub(crate) built_in: bool,
}

impl Role {
    /// All there is to do in an organization.
    pub(crate) const ADMIN: &'static str = "organization_admin";
    /// All there is to do in a project.
    pub(crate) const PROJECT_ADMIN: &'static str = "project_admin";
    /// Reads and exports, changes nothing.
    pub(crate) const AUDITOR: &'static str = "auditor";
    /// Belongs to it, and sees no audit logs.
    pub(crate) const MEMBER: &'static str = "member";

    /// The roles that are the same for everybody.
    pub(crate) fn built_in() -> [Self; 4] {
        let of_projects = Permissions::all().within_a_project();
        let auditor = [
            P::ReadEvents,
            P::ExportEvents,
            P::ReadLog,
            P::ReadSettings,
            P::ReadMembers,
        ];
        let both = [Level::Organization, Level::Project];
        let role = |id: &str, name: &str, description: &str, levels: &[Level], permissions| Self {
            id: id.to_owned(),
            name: name.to_owned(),
            description: description.to_owned(),
            levels: levels.to_vec(),
            permissions,
            built_in: true,
        };
        [
            role(
                Self::ADMIN,
                "Organization Admin",
                "Does all that there is to do in the organization",
                &both[..1],
                Permissions::all(),
            ),
            role(
                Self::PROJECT_ADMIN,
                "Project Admin",
                "Does all that there is to do in a project, and sees its events only",
                &both[1..],
                of_projects,
            ),
            role(
                Self::AUDITOR,
                "Auditor",
                "Reads and exports events and proofs, and changes nothing",
                &both,
                auditor.into_iter().collect(),
            ),
            role(
                Self::MEMBER,
                "Member",
                "Belongs to it, and sees no audit logs",
                &both,
                Permissions::NONE,
            ),
        ]
    }

    /// Whether it may be held at this level.
    pub(crate) fn is_for(&self, level: Level) -> bool {
        self.levels.contains(&level)
    }

    /// A role of an organization, built-in ones included.
    pub(crate) async fn find(
        connection: &mut AnyConnection,
        organization_id: &str,
        id: &str,
    ) -> Result<Option<Self>, ControlError> {
        if let Some(role) = Self::built_in().into_iter().find(|role| role.id == id) {
            return Ok(Some(role));
        }
        let row = query(
            "SELECT id, name, description, level, permissions FROM roles \
             WHERE organization_id = $1 AND id = $2",
        )
        .bind(organization_id.to_owned())
        .bind(id.to_owned())
        .fetch_optional(connection)
        .await?;
        row.as_ref().map(Self::of_row).transpose()
    }

    /// The roles of an organization, built-in ones first.
    pub(crate) async fn of_organization(
        connection: &mut AnyConnection,
        organization_id: &str,
    ) -> Result<Vec<Self>, ControlError> {
        let rows = query(
            "SELECT id, name, description, level, permissions FROM roles \
             WHERE organization_id = $1 ORDER BY name, id",
        )
        .bind(organization_id.to_owned())
        .fetch_all(connection)
        .await?;
        let mut roles = Self::built_in().to_vec();
        for row in &rows {
            roles.push(Self::of_row(row)?);
        }
        Ok(roles)
    }

    fn of_row(row: &AnyRow) -> Result<Self, ControlError> {
        let level: String = row.try_get("level")?;
        let level = Level::parse(&level)
            .ok_or_else(|| ControlError::Unknown(format!("a role of level {level:?}")))?;
        let names: String = row.try_get("permissions")?;
        let names: Vec<String> = serde_json::from_str(&names)
            .map_err(|error| ControlError::Unknown(format!("permissions ({error})")))?;
        // What this version does not know is allowed to nobody.
        let known = names.iter().filter_map(|name| Permission::parse(name));
        Ok(Self {
            id: row.try_get("id")?,
            name: row.try_get("name")?,
            description: row.try_get("description")?,
            levels: vec![level],
            permissions: known.collect(),
            built_in: false,
        })
    }
}
