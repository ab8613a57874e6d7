//! The rights that handlers name in their signatures: one type for each, told by its permission.
//!
//! It must hold that a right decides nothing by itself: [`super::Held::reach`] does.

use std::marker::PhantomData;

use super::held::Reach;
use crate::control::Permission;

/// A right that a handler may ask for.
pub(crate) trait Right {
    /// The permission that it takes. Without one, every caller of the organization has it.
    const PERMISSION: Option<Permission>;
    /// Whether it must reach all of the organization.
    const BEYOND_PROJECTS: bool;
    /// Whether changes are made with it: what is done with it leaves an event of its own.
    const CHANGES: bool;
    /// Whether there is the same right in an organization that is archived. See [`EvenArchived`].
    const EVEN_ARCHIVED: bool = false;
}

/// The same right, also in an organization that is archived: for what only takes away, such as revoking a key that has
/// leaked, and for looking up what there is to be taken away.
#[derive(Debug)]
pub(crate) struct EvenArchived<R>(PhantomData<R>);

impl<R: Right> Right for EvenArchived<R> {
    const PERMISSION: Option<Permission> = R::PERMISSION;
    const BEYOND_PROJECTS: bool = R::BEYOND_PROJECTS;
    const CHANGES: bool = R::CHANGES;
    const EVEN_ARCHIVED: bool = true;
}

/// Whether a reach is far enough for a right.
pub(super) fn suffices<R: Right>(reach: &Reach) -> bool {
    match reach {
        Reach::Nothing => false,
        Reach::Projects(_) => !R::BEYOND_PROJECTS,
        Reach::Organization => true,
    }
}

macro_rules! rights {
    ($($(#[$doc:meta])* $name:ident: $permission:expr, $beyond:expr, $changes:expr;)*) => {
        $($(#[$doc])*
        #[derive(Debug)]
        pub(crate) struct $name;

        impl Right for $name {
            const PERMISSION: Option<Permission> = $permission;
            const BEYOND_PROJECTS: bool = $beyond;
            const CHANGES: bool = $changes;
        })*
    };
}

const PROJECTS_TOO: bool = false;
const WHOLE: bool = true;
const READS: bool = false;
const CHANGES: bool = true;

rights! {
    /// What every key and every member has: what whoever records or reads must know, such as the catalog.
    Member: None, PROJECTS_TOO, READS;
    /// Recording events.
    Ingest: Some(Permission::RecordEvents), PROJECTS_TOO, READS;
    /// Reading events, checkpoints and proofs.
    Read: Some(Permission::ReadEvents), PROJECTS_TOO, READS;
    /// Taking events out in bulk.
    ExportEvents: Some(Permission::ExportEvents), PROJECTS_TOO, READS;
    /// Reading the entries of the log, which tell of the events of every project: how many there are, when they
    /// came, and their ids.
    ReadEntries: Some(Permission::ReadLog), WHOLE, READS;
    /// Reading the server's metrics, which tell of every project and organization at once.
    ReadMetrics: Some(Permission::ReadMetrics), WHOLE, READS;
    /// Reading settings, roles and projects.
    ReadSettings: Some(Permission::ReadSettings), PROJECTS_TOO, READS;
    /// Seeing who the members are.
    ReadMembers: Some(Permission::ReadMembers), PROJECTS_TOO, READS;
    /// Changing the organization's settings.
    ManageOrganization: Some(Permission::ManageOrganization), WHOLE, CHANGES;
    /// Making and changing event types.
    ManageCatalog: Some(Permission::ManageCatalog), WHOLE, CHANGES;
    /// Making and deleting projects.
    CreateProjects: Some(Permission::CreateProjects), WHOLE, CHANGES;
    /// Renaming and archiving projects.
    ManageProjects: Some(Permission::ManageProjects), PROJECTS_TOO, CHANGES;
    /// Inviting, changing and removing members.
    ManageMembers: Some(Permission::ManageMembers), PROJECTS_TOO, CHANGES;
    /// Making and changing roles, and choosing the default one.
    ManageRoles: Some(Permission::ManageRoles), WHOLE, CHANGES;
    /// Making, rotating and revoking API keys.
    ManageKeys: Some(Permission::ManageKeys), PROJECTS_TOO, CHANGES;
    /// Making viewer tokens.
    IssueViewers: Some(Permission::IssueViewers), PROJECTS_TOO, CHANGES;
    /// Changing and sharing everybody's views.
    ShareViews: Some(Permission::ShareViews), PROJECTS_TOO, CHANGES;
    /// Setting how long events are kept.
    ManageRetention: Some(Permission::ManageRetention), PROJECTS_TOO, CHANGES;
    /// Setting up single sign-on.
    ManageSso: Some(Permission::ManageSso), WHOLE, CHANGES;
}
